"""Titles of threads."""

RELEASE = (
    "Official Discussion - {title} [SPOILERS]",
    "Official Discussion: {title} [SPOILERS]",
    "Official Discussion - {title} ({year}) [SPOILERS]",
)
"""The film's official discussion."""

ONE_FILM = (
    "Just watched {title} ({year}) for the first time",
    "{title} ({year}) deserves more love",
    "I finally understand the hype around {title}",
    "{title} - what did I miss?",
    "Rewatched '{title}' last night and some thoughts",
    "{title} | Official Trailer",
    "The ending of {title} ({year})",
    "Does anyone else think {title} is underrated?",
)
"""About one film that is not in its release week."""

GENERAL = (
    "What is a movie you can rewatch forever?",
    "Which film did everyone love except you?",
    "What movies are you most looking forward to this season?",
    "Best performance that got no award at all?",
    "Movies that got better the second time",
    "What did you watch this week?",
    "Recommend me something slow and strange",
    "Which sequel is better than the first one?",
    "Films that fell apart in the third act",
    "What is your comfort movie?",
    "Directors on a hot streak right now",
    "Scenes that made the whole theatre go quiet",
    "Worst casting decision you can think of",
    "Theatres or streaming: where do you watch now?",
    "Underrated horror from the last ten years",
    "What film score lives in your head?",
    "Movies you turned off after twenty minutes",
    "Best opening scene of all time?",
    "Weekend box office thread",
    "Which remake had any reason to exist?",
    "Villains who were right",
    "What is the most beautiful film you have seen?",
    "Free talk: anything about movies",
    "Movies that everyone quotes wrong",
)
"""About no film in particular."""
