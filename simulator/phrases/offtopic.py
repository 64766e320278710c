"""Sentences about no film, and the small words around any sentence."""

NOTHING = (
    "The seats at my theatre are broken and nobody fixes them.",
    "Popcorn prices are out of control.",
    "Username checks out.",
    "This is the way.",
    "I miss video stores.",
    "Somebody next to me was on the phone the entire time.",
    "Happy cake day!",
    "It is old news by now, nope, not clicking that.",
    "Source?",
    "Came here to say this.",
    "Thanks for the list, saving this thread.",
    "We had to drive for an hour because of the heat.",
    "I give up, nobody reads the article any more.",
    "She told us to wait until it cooled down, so we sat outside with her and talked.",
    "Mods, can we get a megathread?",
    "Is it me or did they change the ticket app again?",
    "I am with you on that.",
    "Lol.",
    "That is not how any of this works.",
    "Same here.",
    "Depends on the room and the sound system if you ask me.",
    "I grew up in a small town with a single screen and one projectionist who hated weekends.",
    "The older I get the less I care about spoilers.",
    "Nobody I know goes on a Tuesday except for us.",
    "Streaming ruined my attention span.",
    "Trailers give away far too much these days.",
    "I can't be the only one who brings snacks from home.",
    "My cat walked over the keyboard so I had to start this comment again.",
    "Ticket for one, thank you.",
    "Genuine question: why are intermissions gone?",
    "Critics and audiences rarely agree on comedies.",
    "I read the book on the train, years ago, and forgot every name in it.",
    "Can confirm, worked in a projection booth for six years.",
    "You dropped this, king.",
    "Up to you, but I would wait.",
    "I will be honest, I only came for the comments.",
)

REPLIES = (
    "Agreed.",
    "Hard disagree.",
    "This.",
    "Exactly what I was thinking.",
    "I see where you are coming from.",
    "No way.",
    "Fair point.",
    "You are not wrong.",
    "Thank you, I thought I was alone with that.",
    "Hmm, had not looked at it like that.",
    "Why do you say that?",
    "That is a good way to put it.",
)

OPENERS = (
    "Honestly,", "Hot take:", "Unpopular opinion maybe, but", "Not gonna lie,", "So,", "Okay,", "Listen,", "Look,",
    "For what it's worth,", "Late to this, but", "As someone who sees everything opening weekend,", "Man,", "Well,",
    "Long time lurker here.", "Just got back.", "Two days later and I am still thinking about it.",
)  # fmt: skip

CLOSERS = (
    "Anyway, that is my two cents.",
    "Curious what you all think.",
    "Your mileage may vary.",
    "Edit: typos.",
    "Sorry for the wall of text.",
    "But that is just me.",
    "Change my mind.",
    "End of rant.",
    "I will see myself out.",
    "Off to read the other comments.",
    "8/10.",
    "6/10.",
)

LINKS = (
    "[Here is the interview](https://www.youtube.com/watch?v={k}) for those interested.",
    "Source: https://www.imdb.com/title/tt{n}/",
    "https://i.redd.it/{k}.jpg",
    "See [this thread](https://www.reddit.com/r/movies/comments/{k}/_/).",
)
