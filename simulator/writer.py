"""Writes one comment: what it says is decided first, the words after, so that the truth is known exactly."""

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.catalogue import CatalogueFilm
from simulator.model import TrueMention, Truth
from simulator.naming import is_ordinary, write_name
from simulator.phrases import named, offtopic, unnamed

MEDIAN_WORDS = 15
"""Where writers aim; the sentence that reaches the aim overshoots it, which gives the real median of 21."""
WORDS_SIGMA = 1.15
"""Spread of the logarithm of the length: with it the mean is about 36 words, as on r/movies."""
MAX_WORDS = 600
MAX_WORDS_ABOUT_NOTHING = 60
"""Remarks without a subject, strung together, stop being believable soon."""
_SENTENCES_A_PARAGRAPH = 4
_TRIES = 50
"""For each further film of a comment; a catalogue of films of one title has none that could be told apart."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished text and what it means."""

    body: str
    truth: Truth


@dataclass(slots=True)
class _Text:
    sentences: list[str] = field(default_factory=list)
    mentions: list[TrueMention] = field(default_factory=list)
    mood: int | None = None
    """Polarity of sentences that go on about the film in question; None when there is none."""
    sarcastic: bool = False
    ordinary: bool = False
    """True when a title needs its capitals to be understood."""


class Writer:
    """Invents comment texts."""

    def __init__(self, films: Sequence[CatalogueFilm]) -> None:
        """`films`: what other films writers bring up, the most talked-about first."""
        self._films = films
        titles = Counter(film.title for film in films)
        self._shared = {title for title, count in titles.items() if count > 1}

    def write(
        self, rng: random.Random, topic: CatalogueFilm | None, thread_film: CatalogueFilm | None, *, reply: bool = False
    ) -> Draft:
        """A comment about `topic` in a thread about `thread_film` (either may be missing)."""
        text = _Text()
        self._say(rng, text, topic, thread_film, reply)
        self._lengthen(rng, text)
        return self._finish(rng, text)

    def _say(
        self, rng: random.Random, text: _Text, topic: CatalogueFilm | None, thread: CatalogueFilm | None, reply: bool
    ) -> None:
        chance = rng.random()
        if topic is None or chance < 0.14:
            text.sentences.append(rng.choice(offtopic.NOTHING))
        elif reply and chance < 0.45:
            text.sentences.append(rng.choice(offtopic.REPLIES))
            if thread is topic and rng.random() < 0.6:
                self._unnamed(rng, text, topic)
        elif thread is topic and chance < 0.66:
            self._unnamed(rng, text, topic)
        elif chance < 0.90:
            self._named(rng, text, topic)
        else:
            self._several(rng, text, topic)

    def _unnamed(self, rng: random.Random, text: _Text, film: CatalogueFilm) -> None:
        polarity = _opinion(rng, film)
        text.sarcastic = polarity < 0 and rng.random() < 0.12
        bank = unnamed.SARCASTIC if text.sarcastic else unnamed.ABOUT[polarity]
        text.sentences.append(rng.choice(bank))
        text.mentions.append(TrueMention(film.id, "thread", polarity))
        text.mood = polarity

    def _named(self, rng: random.Random, text: _Text, film: CatalogueFilm) -> None:
        polarity = _opinion(rng, film)
        text.sarcastic = polarity < 0 and rng.random() < 0.12
        bank = named.SARCASTIC if text.sarcastic else named.NAMED[polarity]
        sentence = rng.choice(bank)
        text.sentences.append(self._fill(rng, text, sentence, t=(film, polarity)))
        text.mood = polarity

    def _several(self, rng: random.Random, text: _Text, film: CatalogueFilm) -> None:
        others = self._others(rng, film, rng.choices((1, 2, 3), (60, 25, 15))[0])
        if not others:
            self._named(rng, text, film)
            return
        if len(others) == 1:
            opposed = rng.random() < 0.4
            sentence = rng.choice(named.OPPOSED if opposed else named.COMPARED)
            text.sentences.append(self._fill(rng, text, sentence, t=(film, int(opposed)), u=(others[0], -int(opposed))))
            return
        films = [film, *others]
        rng.shuffle(films)
        names = ", ".join(self._name(rng, text, one, 0) for one in films)
        text.sentences.append(rng.choice(named.LISTS).format(list=names))

    def _others(self, rng: random.Random, film: CatalogueFilm, count: int) -> list[CatalogueFilm]:
        # titles that contain one another ("Alien", "Aliens") in one comment would make the truth ambiguous
        chosen: list[CatalogueFilm] = []
        for _ in range(_TRIES * count):
            if len(chosen) == count:
                break
            # the square prefers the films that are talked about more
            other = self._films[int(len(self._films) * rng.random() ** 2)]
            if not any(_overlap(other, one) for one in (film, *chosen)):
                chosen.append(other)
        return chosen

    def _fill(self, rng: random.Random, text: _Text, sentence: str, **films: tuple[CatalogueFilm, int]) -> str:
        names = {slot: self._name(rng, text, film, polarity) for slot, (film, polarity) in films.items()}
        return sentence.format(**names)

    def _name(self, rng: random.Random, text: _Text, film: CatalogueFilm, polarity: int) -> str:
        name = write_name(rng, film, shared=film.title in self._shared)
        text.mentions.append(TrueMention(film.id, "text", polarity, name.surface, name.form))
        text.ordinary |= is_ordinary(film.title)
        return name.text

    @staticmethod
    def _lengthen(rng: random.Random, text: _Text) -> None:
        longest = MAX_WORDS if text.mood is not None else MAX_WORDS_ABOUT_NOTHING
        aim = min(longest, rng.lognormvariate(math.log(MEDIAN_WORDS), WORDS_SIGMA))
        words = sum(len(sentence.split()) for sentence in text.sentences)
        while words < aim:
            sentence = _detail(rng, text.mood) if text.mood is not None else rng.choice(offtopic.NOTHING)
            if sentence not in text.sentences:
                text.sentences.append(sentence)
                words += len(sentence.split())
        if words > 12 and rng.random() < 0.15:
            text.sentences.append(rng.choice(offtopic.CLOSERS))

    def _finish(self, rng: random.Random, text: _Text) -> Draft:
        if rng.random() < 0.12:
            text.sentences[0] = _opened(rng.choice(offtopic.OPENERS), text)
        if rng.random() < 0.03:
            text.sentences.append(_link(rng))
        body = _paragraphs(text.sentences)
        mentions = tuple(text.mentions)
        if not text.ordinary and rng.random() < 0.12:
            body, mentions = _careless(body, mentions)
        quoted: tuple[int, ...] = ()
        if rng.random() < 0.04:
            body, quoted = self._quote(rng, body, mentions)
        return Draft(body, Truth(mentions, quoted, text.sarcastic))

    def _quote(self, rng: random.Random, body: str, mentions: tuple[TrueMention, ...]) -> tuple[str, tuple[int, ...]]:
        film = self._films[int(len(self._films) * rng.random() ** 2)]
        if any(film.id == mention.movie_id for mention in mentions):
            return body, ()
        line = rng.choice(named.NAMED[rng.choice((-1, 0, 1))]).format(t=film.title)
        return f"> {line}\n\n{body}", (film.id,)


def _opinion(rng: random.Random, film: CatalogueFilm) -> int:
    """Better-rated films get kinder comments: 35 % to 65 % praise."""
    quality = min(1.0, max(0.0, ((film.vote_average or 6.5) - 5.0) / 3.5))
    return rng.choices((1, 0, -1), (0.35 + 0.3 * quality, 0.22, 0.43 - 0.3 * quality))[0]


def _overlap(one: CatalogueFilm, other: CatalogueFilm) -> bool:
    first, second = one.title.lower(), other.title.lower()
    return first in second or second in first


def _detail(rng: random.Random, mood: int) -> str:
    return rng.choice(unnamed.DETAILS[mood]).format(
        a=rng.choice(unnamed.ASPECTS), q=rng.choice(unnamed.QUANTIFIERS), word=rng.choice(unnamed.WORDS[mood])
    )


def _opened(opener: str, text: _Text) -> str:
    """The first sentence after an opener; its first word goes small unless it is "I" or begins a title."""
    first = text.sentences[0]
    word = first.split()[0]
    titled = any(mention.surface and first.startswith(mention.surface) for mention in text.mentions)
    if opener.endswith(",") and word.isalpha() and word != "I" and word.istitle() and not titled:
        first = first[0].lower() + first[1:]
    return f"{opener} {first}"


def _link(rng: random.Random) -> str:
    key = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz0123456789") for _ in range(7))
    return rng.choice(offtopic.LINKS).format(k=key, n=rng.randrange(1_000_000, 9_999_999))


def _paragraphs(sentences: list[str]) -> str:
    size = _SENTENCES_A_PARAGRAPH
    return "\n\n".join(" ".join(sentences[at : at + size]) for at in range(0, len(sentences), size))


def _careless(body: str, mentions: tuple[TrueMention, ...]) -> tuple[str, tuple[TrueMention, ...]]:
    """No capitals and no closing full stop; links keep theirs."""
    lowered = re.sub(r"(?:(?!\]\(|https?:)[^\n])+|https?:\S+", lambda m: _lower_unless_link(m[0]), body)
    return lowered.rstrip("."), tuple(
        TrueMention(m.movie_id, m.via, m.polarity, m.surface.lower(), "lower" if m.surface else "") for m in mentions
    )


def _lower_unless_link(part: str) -> str:
    return part if part.startswith("http") else part.lower()
