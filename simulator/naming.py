"""How people write a film's title, with the form recorded so that tests can tell which form was missed."""

import random
import re
from dataclasses import dataclass

from simulator.catalogue import CatalogueFilm

ORDINARY_WORDS = frozenset({
    "it", "her", "up", "us", "nope", "heat", "old", "drive", "room", "speed", "big", "alien", "signs", "split",
    "prey", "smile", "pearl", "x", "crash", "frozen", "brazil", "joker", "trap", "arrival", "heretic", "flow",
    "companion", "david", "shelter", "fixed", "focus", "gravity", "inception", "logan", "wonder", "weapons",
    "sinners", "wicked", "passengers", "unbreakable", "insidious", "saw", "ted", "rush", "flight", "limitless",
    "looper", "memento", "rocky", "scream", "cars", "bugonia", "titanic", "superman", "barbie", "tenet", "warfare",
    "conclave", "mother", "hook", "ghost", "hugo", "hero", "glass", "hush", "run", "ray", "milk", "spy", "baby",
    "driver",
})  # fmt: skip
"""One-word titles that are ordinary words or names: writers give the reader a hint (capitals, quotes, a year)."""


@dataclass(frozen=True, slots=True)
class Name:
    """A film's name as written: `text` goes into the sentence, `surface` is the part of it that names the film."""

    text: str
    surface: str
    form: str


def is_ordinary(title: str) -> bool:
    """True when the title alone is weak evidence: a single short or ordinary word."""
    return " " not in title and (title.lower() in ORDINARY_WORDS or len(title) <= 5)


def write_name(rng: random.Random, film: CatalogueFilm, *, shared: bool = False) -> Name:
    """One way to write the film's title; with its year when it shares the title with another film."""
    if shared:
        return _year(rng, film)
    title = film.title
    ordinary = is_ordinary(title)
    form = rng.choices(
        ("plain", "lower", "italic", "quoted", "year", "typo", "caps", "short"),
        # a bare lower-case "it" or "heat" could not be told from the word by anyone
        (30, 0, 22, 22, 24, 0, 2, 0) if ordinary else (56, 14, 7, 5, 8, 4, 2, 4),
    )[0]
    return _FORMS[form](rng, film)


def _plain(_: random.Random, film: CatalogueFilm) -> Name:
    return Name(film.title, film.title, "plain")


def _lower(_: random.Random, film: CatalogueFilm) -> Name:
    return Name(film.title.lower(), film.title.lower(), "lower")


def _italic(rng: random.Random, film: CatalogueFilm) -> Name:
    mark = rng.choice(("*", "*", "**", "_"))
    return Name(f"{mark}{film.title}{mark}", film.title, "italic")


def _quoted(rng: random.Random, film: CatalogueFilm) -> Name:
    left, right = rng.choice(('""', "''", "“”"))
    return Name(f"{left}{film.title}{right}", film.title, "quoted")


def _year(_: random.Random, film: CatalogueFilm) -> Name:
    return Name(f"{film.title} ({film.year})" if film.year else film.title, film.title, "year")


def _caps(_: random.Random, film: CatalogueFilm) -> Name:
    return Name(film.title.upper(), film.title.upper(), "caps")


def _typo(rng: random.Random, film: CatalogueFilm) -> Name:
    """Two letters swapped inside the longest word, as fast fingers do."""
    words = film.title.split(" ")
    place = max(range(len(words)), key=lambda index: len(words[index]))
    word = words[place]
    if len(word) < 6 or not word.isalpha():
        return _plain(rng, film)
    at = rng.randrange(1, len(word) - 2)
    words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    wrong = " ".join(words)
    return Name(wrong, wrong, "typo" if wrong != film.title else "plain")


def _short(rng: random.Random, film: CatalogueFilm) -> Name:
    """The part after the colon when it can stand alone, or the title without its article."""
    _, colon, after = film.title.partition(": ")
    if colon and len(after.split()) >= 2 and not re.match(r"(?i)(part|chapter|vol|episode|a .* story)\b", after):
        return Name(after, after, "short")
    without = re.sub(r"^The ", "", film.title)
    if without != film.title and len(without.split()) >= 3:
        return Name(without, without, "short")
    return _plain(rng, film)


_FORMS = {
    "plain": _plain,
    "lower": _lower,
    "italic": _italic,
    "quoted": _quoted,
    "year": _year,
    "typo": _typo,
    "caps": _caps,
    "short": _short,
}
