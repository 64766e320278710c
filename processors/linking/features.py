"""What speaks for and against a span being a film, as numbers a linear model can weigh.

Every feature has a plain meaning; none knows a single film or thread. A feature that is absent is 0.
"""

import math
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from processors.linking.context import CommentContext
from processors.linking.fame import earliness, votes_of
from processors.linking.index import Surface
from processors.linking.model import Film
from processors.linking.names import CALENDAR, GIVEN_NAMES, PLACES
from processors.linking.resolve import NO_RIVAL, Choice
from processors.linking.surfaces import Kind
from processors.linking.talk import STORY, TALK, WORK
from processors.linking.thread import Thread
from processors.linking.titles import ARTICLES, NUMBERS
from processors.linking.wordstats import WordStats

_SMALL: Final = """of in on at to for with from by and or nor but vs v x de la el le les des du et und der die das & as
into s t"""
SMALL_WORDS: Final = ARTICLES | frozenset(_SMALL.split())
"""Words that titles write with a small letter."""

FILM: Final = frozenset(["movie", "film", "flick", "trailer", "trailers", "sequel", "remake", "dvd"])
OTHER: Final = frozenset(["show", "series", "season", "episode", "book", "books", "novel", "comic", "comics", "game"])
SERIES: Final = frozenset(
    ["movies", "films", "trilogy", "franchise", "universe", "sequels", "games", "comics", "books"]
)
NEXT: Final = frozenset(["next", "last", "latest", "previous", "new", "upcoming", "recent"])
ANY: Final = frozenset(["a", "an", "another", "every", "any", "all", "those", "these", "other", "most", "some", "many"])
FIRST: Final = frozenset(["first", "original", "1st"])
RELEASE: Final = frozenset(["came", "comes", "coming", "releases", "released", "premiered", "bombed", "flopped"])
BE: Final = frozenset(["is", "was", "has", "had"])
OUT: Final = frozenset(["out", "released", "coming", "released"])
NEAR: Final = 6
"""Words looked at on each side for the two kinds of talk: about the length of a clause."""
MOST_NEAR: Final = 3
"""More such words say no more."""
AGES: Final = 63
"""Years after its release that make a film no older."""
NO_NUMBERS: Final = frozenset(["i", "one"])
"""Numerals that are more often plain words."""
LONGEST_CHAIN: Final = 7
"""An enumeration of more says no more."""
_FEW: Final = 2
"""Of a phrase of one or two words, the rarest word tells whether anybody may say it by chance."""

_BREAKS: Final = frozenset('.!?:;\n,()"“”*_/–—…')
_BREAKS_AROUND_MARKS: Final = _BREAKS - frozenset('"“”*_')
"""Where the span itself stands in quotes or italics, those marks part it from nothing: 'watch "Amy" tonight'."""

_DIGIT: Final = re.compile("[0-9]")


class Span(NamedTuple):
    """A surface found in a comment."""

    start: int
    """Offset into the joined text."""
    end: int
    """Offset of the space after it."""
    body_start: int
    body_end: int
    surface: Surface


class Site(NamedTuple):
    """A span, the film it would mean, and where it stands."""

    span: Span
    choice: Choice
    context: CommentContext
    thread: Thread
    year: int | None
    """A year written beside the span that fits the film."""
    chain: int
    """How many clear titles stand with it in one enumeration."""
    others: int
    """How many clear titles stand elsewhere in the comment."""
    within: bool
    """Whether a longer surface holds it: "Barbarian" in "Conan the Barbarian"."""
    when: int | None
    """The year the comment was written, as far as known."""


def case_of(written: str, context: CommentContext, *, begins: bool) -> str:
    """How a span is capitalised: title, upper, shout, first (only its first word), start (one capital, owed to the
    beginning of a sentence), lower, digits."""
    words = written.split()
    letters = [word for word in words if word[0].isalpha()]
    if not letters:
        return "digits"
    if written.isupper() and len(written) > 1:
        return "shout" if context.shouting else "upper"
    main = [word for word in letters if word.lower() not in SMALL_WORDS] or letters
    if begins and sum(word[0].isupper() for word in words) == 1 and words[0][0].isupper():
        return "start" if main[0] is words[0] else "lower"
    if all(word[0].isupper() for word in main):
        return "title"
    return "first" if letters[0][0].isupper() or main[0][0].isupper() else "lower"


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def votes_feature(film: Film) -> float:
    """Fame as powers of ten above 1,000 votes."""
    return _clip(math.log10(1 + votes_of(film)) - 3, -3, 1.7)


def franchise_feature(surface: Surface) -> float:
    """Size of the series of this name, in doublings."""
    return math.log2(min(max(surface.franchise, 1), 8))


def chain_feature(chain: int) -> float:
    """Clear titles in the same enumeration, in doublings."""
    return math.log2(1 + min(chain, LONGEST_CHAIN))


def age_feature(age: int) -> float:
    """Years since the film came out, in doublings; 0 for films to come."""
    return math.log2(1 + min(max(age, 0), AGES))


def extract(site: Site, stats: WordStats) -> dict[str, float]:
    """The features of one span, by name."""
    span, context = site.span, site.context
    begins = context.starts_sentence(span.body_start)
    case = case_of(context.flat[span.start : span.end], context, begins=begins)
    features = _of_surface(site, case) if span.surface not in site.thread.forms else {f"form_{case}": 1.0}
    marked = context.emphasised(span.body_start, span.body_end)
    breaks = _BREAKS_AROUND_MARKS if marked else _BREAKS
    features.update(_of_neighbours(site, stats, case, begins=begins, breaks=breaks))
    features.update(_of_thread(site))
    features["marked"] = float(marked)
    features["marked_other_case"] = float(marked and case not in {"title", "upper"})
    features["year"] = float(site.year is not None)
    features["alone"] = float(begins and context.alone_on_line(span.body_start, span.body_end))
    features["chain"] = chain_feature(site.chain)
    features.update(_of_comment(site, case))
    if span.surface.head:
        capital = context.flat[span.start].isupper()
        features["article_capital"] = float(capital and not begins and not context.shouting)
        features["article_small"] = float(not capital)
    return features


def _of_surface(site: Site, case: str) -> dict[str, float]:
    """The words themselves, how they are written, and the film."""
    surface, choice = site.span.surface, site.choice
    ordinary = _clip(surface.ordinariness, -7, 3.5)
    f = {
        f"kind_{choice.kind.name.lower()}": 1.0,
        f"case_{case}": 1.0,
        f"ordinary_{case}": ordinary,
        "ordinary": ordinary,
        "nameness": _clip(surface.nameness, -2, 1.5),
        "votes": votes_feature(choice.film),
        "votes_unknown": float(choice.film.vote_count is None),
        "earliness": earliness(choice.film),
        "margin": choice.margin / NO_RIVAL,
        "place": float(surface.text in PLACES or surface.text in CALENDAR),
        "franchise": franchise_feature(surface),
    }
    if case in {"title", "upper", "shout", "first"}:
        f["capital"] = 1.0
        f["ordinary_capital"] = ordinary
    if surface.words <= _FEW:
        f["rarest"] = f[f"rarest_{case}"] = _clip(surface.rarest, -1, 3)
    if surface.words == 1:
        f["one_word"] = 1.0
        f["short"] = float(surface.length <= 3)
        f["given_name"] = float(surface.text in GIVEN_NAMES)
    else:
        f["words"] = math.log2(min(surface.words, 8))
    return f


def _of_comment(site: Site, case: str) -> dict[str, float]:
    """What the rest of the comment says: other titles, the talk around the span, the time, the writer's habits."""
    span, context, film = site.span, site.context, site.choice.film
    around = context.low[: span.start - 1].rsplit(" ", NEAR)[1:]
    around += context.low[span.end + 1 :].split(" ", NEAR)[:NEAR]
    telling = not _TELLING.isdisjoint(around)
    linked = context.text[span.body_start - 1 : span.body_start] == "[" and context.text.startswith("](", span.body_end)
    f = {
        "others": chain_feature(site.others),
        "within": float(site.within),
        "linked": float(linked),
        "initials_number": float(site.choice.kind == Kind.INITIALS and _DIGIT.search(span.surface.text) is not None),
        "talk": _count(TALK, around) if telling else 0.0,
        "story": _count(STORY, around) if telling else 0.0,
        "small_writer": float(case == "lower" and context.small),
    }
    if site.when is not None and film.year is not None:
        age = site.when - film.year
        f["recent"] = float(-1 <= age <= 1)
        f["age"] = age_feature(age)
    return f


_TELLING: Final = TALK | STORY


def _count(words: AbstractSet[str], around: Iterable[str]) -> float:
    return float(min(MOST_NEAR, sum(word in words for word in around)))


def _of_neighbours(
    site: Site, stats: WordStats, case: str, *, begins: bool, breaks: AbstractSet[str]
) -> dict[str, float]:
    """The words before and after, where no punctuation parts them from the span."""
    span, context = site.span, site.context
    gap_before, gap_after = context.gap_before(span.body_start), context.gap_after(span.body_end)
    before, after = context.raw_word_before(span.start), context.raw_word_after(span.end)
    f = {"list": float("," in gap_before or "," in gap_after), "slash": float("/" in gap_before or "/" in gap_after)}
    if before and not begins and breaks.isdisjoint(gap_before):
        word = before.lower()
        f["first_before"] = float(word in FIRST)
        f["before"] = 0.0 if word in FIRST else _clip(stats.before.get(word, 0.0), -1, 2)
        f["next_before"] = float(word in NEXT)
        f["any_before"] = float(word in ANY)
        f["hyphen_before"] = float("-" in gap_before)
        if word == "s" and gap_before == " ":
            owner = context.raw_word_before(context.low.rfind(" ", 0, span.start - 1) + 1)
            f["owner_before"] = float(owner[:1].isupper())
        if word == "of":
            head = context.raw_word_before(context.low.rfind(" ", 0, span.start - 1) + 1)
            f["name_of_before"] = float(head[:1].isupper() and not context.shouting)
        if before[0].isupper() and word != "i" and not context.shouting and case != "upper":
            owed = context.starts_sentence(span.body_start - len(gap_before) - len(before))
            f["capital_before"] = float(not owed or stats.nameness(word) >= 0)
    if after and breaks.isdisjoint(gap_after):
        word = after.lower()
        f["after"] = _clip(stats.after.get(word, 0.0), -1, 2)
        f["capital_after"] = float(after[0].isupper() and word != "i" and not context.shouting and case != "upper")
        f["number_after"] = float(word in NUMBERS and word not in NO_NUMBERS)
        f["hyphen_after"] = float("-" in gap_after)
        f["release_after"] = float(
            word in RELEASE or (word in BE and context.word_after(span.end + len(after) + 1) in OUT)
        )
        f["work_after"] = float(word in WORK)
        f["film_word_after"] = float(word in FILM)
        f["series_word_after"] = float(word in SERIES)
        f["any_film"] = float(f.get("any_before", 0.0) > 0 and word in FILM)
        f["other_word_after"] = float(word in OTHER)
        f["possessive"] = float(word == "s" and gap_after in {"'", "’"})
    return f


def _of_thread(site: Site) -> dict[str, float]:
    """How the film relates to the film the thread is about."""
    thread, choice, surface = site.thread, site.choice, site.span.surface
    if not thread.words:
        return {"no_thread": 1.0}
    if surface in thread.forms:
        return {"thread_form": 1.0}
    if thread.film is choice.film:
        return {"thread_film": 1.0, "thread_film_in_part": float(choice.kind in {Kind.MAIN, Kind.INITIALS})}
    if f" {surface.text} " in f" {thread.words} ":
        return {"in_thread_title": 1.0}
    return {"thread_series": float(bool(thread.series) and thread.series == choice.series)}
