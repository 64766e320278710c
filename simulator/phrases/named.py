"""Sentences that name a film. By polarity: what the writer thinks of it."""

NAMED: dict[int, tuple[str, ...]] = {
    1: (
        "{t} is one of the best things I have seen in years.",
        "I loved {t} from the first minute.",
        "Honestly {t} blew me away.",
        "{t} holds up so well.",
        "Watched {t} last night and it was fantastic.",
        "If you have not seen {t} yet, fix that tonight, it is wonderful.",
        "I will defend {t} forever, it is brilliant.",
        "{t} made me laugh harder than anything this year.",
        "My wife and I adored {t}.",
        "People sleep on {t} and that is a shame because it is great.",
        "Saw {t} in a packed theatre and the crowd loved every second.",
        "I went into {t} expecting nothing and came out with a huge smile.",
        "{t} is an easy favourite for me.",
        "For my money {t} is a perfect little film.",
        "Give {t} all the awards, it earned them.",
        "I was on the edge of my seat through all of {t}, superb stuff.",
        "Easily {t}. Amazing film.",
        "{t} was so good I went back the next day.",
        "The best of the lot is {t}, no contest.",
        "I cried at {t} and I am glad I did, what a beautiful film.",
        "Rewatched {t} and liked it even more this time.",
        "{t} is charming, funny and over before you want it to be.",
        "Nothing this year comes close to {t}, it is excellent.",
        "Whoever cut {t} deserves a prize, it is superb.",
    ),
    0: (
        "I watched {t} yesterday.",
        "Is {t} streaming anywhere?",
        "Who directed {t} again?",
        "I have tickets for {t} on Saturday.",
        "They are showing {t} at my local cinema this week.",
        "How long is {t}, does anyone know?",
        "I think {t} came out when I was in college.",
        "My brother keeps telling me to see {t}.",
        "Wasn't part of {t} shot in the same town?",
        "Still have not seen {t}.",
        "{t} is on my list.",
        "Did {t} ever get a director's cut?",
        "Someone in my office brought up {t} today.",
        "{t} has a scene like that about an hour in.",
        "The actor from {t} plays the neighbour here, right?",
        "You might be thinking of {t}.",
        "The same crew worked on {t}.",
        "I saw {t} on a plane, so I only remember half of it.",
        "There is a long interview about {t} somewhere.",
        "Pretty sure that was {t}.",
        "What did the rest of you make of {t}?",
        "{t} opened on the same weekend.",
    ),
    -1: (
        "{t} was a huge disappointment.",
        "I hated {t}.",
        "I really do not get the love for {t}, it was boring.",
        "{t} is a complete mess.",
        "Walked out of {t} after an hour, it was awful.",
        "{t} was painful to sit through.",
        "Worst thing about the weekend was paying for {t}, it was terrible.",
        "{t} wastes a good cast on a terrible script.",
        "I wanted to like {t} but it is dull and far too long.",
        "{t} has no idea what it wants to be, and it annoyed me.",
        "There is a decent idea in {t} buried under so much garbage.",
        "Two hours of my life gone to {t}, what a waste.",
        "{t} insulted my intelligence.",
        "{t} looks ugly and sounds worse.",
        "Nobody will remember {t} in a year, it is that weak.",
        "I fell asleep during {t}, it was so tedious.",
        "Please stop recommending {t}, it is bad.",
        "{t} ruined the ending and with it the whole film.",
        "The jokes in {t} are horrible.",
        "{t} is lazy, plain and simple, and I was annoyed by the end.",
        "I regret seeing {t}.",
        "The plot of {t} is stupid even for a film like this.",
    ),
}

SARCASTIC = (
    "Oh great, {t}, exactly what the world was waiting for.",
    "Yeah, {t} is a real masterpiece, if you enjoy watching paint dry.",
    "Wow, {t} found a way to make explosions boring, well done everyone.",
    "Sure, and {t} totally deserved that budget. /s",
    "{t}: for everyone who thought the trailer had too much plot. Brilliant.",
    "I love how {t} explains every joke twice, so clever. /s",
)
"""Worded kindly, meant unkindly."""

COMPARED = (
    "{t} did this first and {u} did it again.",
    "It is somewhere between {t} and {u}.",
    "Watched {t} and {u} back to back last weekend.",
    "If you mix {t} with {u} you get roughly this.",
    "{t} and {u} would make a strange double bill.",
    "Before {u} there was {t}.",
    "I always confuse {t} with {u}.",
)
"""Two films, no judgement."""

OPPOSED = (
    "{t} is wonderful, but {u} was awful.",
    "I loved {t}. {u} on the other hand bored me to tears.",
    "Give me the brilliant {t} over the dreadful {u} any day.",
    "{t} is superb. Sadly {u} was a terrible mess.",
)
"""The first film is praised, the second is not."""

LISTS = (
    "My top picks: {list}.",
    "{list}.",
    "Off the top of my head: {list}.",
    "I would start with {list}.",
    "This month so far: {list}.",
    "For that mood I would go with {list}.",
)
"""Several films, no judgement."""
