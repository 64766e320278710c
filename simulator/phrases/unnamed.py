"""Sentences about the film of the conversation that do not name it, by polarity."""

ABOUT: dict[int, tuple[str, ...]] = {
    1: (
        "That ending was perfect.",
        "I had such a great time with this movie.",
        "This was so much better than the trailers made it look.",
        "The whole theatre was laughing, it was wonderful.",
        "I could watch that opening scene a hundred times, it is amazing.",
        "Best film I have seen this year.",
        "What a beautiful movie.",
        "Not a dull minute, I loved it.",
        "This is how you make a sequel, brilliant work.",
        "I want to see it again tomorrow, it was that good.",
        "The lead gave the performance of a lifetime, stunning.",
        "I did not expect to cry but here we are, lovely film.",
        "Great script, great pace, great film.",
        "That one shot in the rain is gorgeous.",
        "My kids loved it and so did I.",
    ),
    0: (
        "Did anyone stay for the scene after the credits?",
        "What was in the letter at the end?",
        "So was the brother in the car the whole time?",
        "I wonder how they shot the scene on the bridge.",
        "Is there a sequel planned for this one?",
        "How does this movie connect to the earlier ones?",
        "Can someone explain the last five minutes?",
        "Which format did everyone see it in?",
        "I think the clock in the background was a hint.",
        "He says the same line in the first scene, by the way.",
        "The runtime is just over two hours for those asking.",
        "Who played the sister?",
    ),
    -1: (
        "That ending made no sense and I hated it.",
        "What a disappointing film.",
        "The second half is a boring mess.",
        "I checked my watch four times, so tedious.",
        "The villain was terrible.",
        "Weakest script of the year.",
        "This movie was a chore, dull from start to end.",
        "I do not understand the praise, it was bad.",
        "The effects looked awful.",
        "Every joke fell flat, it was painful.",
        "They wasted that cast, what a shame.",
        "I left feeling cheated, horrible finale.",
        "The dialogue is laughably bad.",
    ),
}

SARCASTIC = (
    "Oh good, another sky beam, how fresh.",
    "Nothing says tension like a joke every ten seconds, great choice. /s",
    "Amazing how a three hour film has time for everything but a plot.",
    "I loved the part where nothing happened for forty minutes. /s",
)
"""Worded kindly, meant unkindly."""

ASPECTS = (
    "acting", "cinematography", "score", "third act", "dialogue", "editing", "pacing", "sound design", "script",
    "costume work", "opening", "finale", "villain", "comedy", "action", "production design", "casting", "lighting",
    "middle stretch", "car chase", "central romance", "fight choreography", "ensemble", "soundtrack", "world building",
)  # fmt: skip

DETAILS: dict[int, tuple[str, ...]] = {
    1: (
        "The {a} is {q}{word}.",
        "I thought the {a} was {q}{word}.",
        "The {a} alone is worth the ticket, {q}{word}.",
        "And the {a}, {q}{word}.",
        "Can we talk about the {a}, because it was {q}{word}.",
        "I cannot fault the {a}, {q}{word} all the way through.",
    ),
    0: (
        "The {a} is about what you would expect.",
        "I have not made up my mind about the {a}.",
        "The {a} reminded me of older films.",
        "There is an essay to be written about the {a}.",
        "They talked about the {a} in an interview last month.",
        "The {a} takes up more of the running time than I thought.",
    ),
    -1: (
        "The {a} is {q}{word}.",
        "I thought the {a} was {q}{word}.",
        "Nothing could save the {a}, {q}{word}.",
        "And the {a}, {q}{word}.",
        "The {a} in particular was {q}{word}.",
        "Whoever signed off on the {a} owes me an apology, {q}{word}.",
    ),
}

QUANTIFIERS = ("", "", "", "really ", "just ", "absolutely ", "pretty ", "so ", "truly ")

WORDS: dict[int, tuple[str, ...]] = {
    1: (
        "great", "superb", "fantastic", "wonderful", "excellent", "stunning", "brilliant", "lovely", "amazing",
        "perfect",
    ),
    0: ("",),
    -1: ("awful", "terrible", "dreadful", "boring", "lazy", "weak", "horrible", "dull", "bad", "a disaster"),
}  # fmt: skip
