"""What speaks for and against a span being a film, as numbers a linear model can weigh.

Every feature has a plain meaning; none knows a film, a word list of films, or a thread.
"""

import math
from typing import Final, NamedTuple

from processors.linking.context import CommentContext
from processors.linking.index import Surface
from processors.linking.resolve import NO_RIVAL, Choice
from processors.linking.surfaces import Kind, votes_of
from processors.linking.text import normalise
from processors.linking.thread import Thread
from processors.linking.titles import ARTICLES, NUMBERS
from processors.linking.wordstats import WordStats

SMALL_WORDS: Final = ARTICLES | frozenset(
    "of in on at to for with from by and or nor but vs v x de la el le les des du et und der die das & as into s t".split()
)
"""Words that titles write with a small letter."""

_FILM_WORDS: Final = frozenset("movie movies film films flick trailer trailers sequel remake dvd bluray".split())
_TV_WORDS: Final = frozenset("show series tv season episode episodes book books novel comic comics game games".split())


class Span(NamedTuple):
    """A surface found in a comment."""

    start: int
    """Offset into the joined text."""
    end: int
    """Offset of the space after it."""
    body_start: int
    body_end: int
    surface: Surface


def case_of(written: str, context: CommentContext) -> str:
    """How a span is capitalised: lower, title, first, upper."""
    words = written.split()
    letters = [word for word in words if word[0].isalpha()]
    if not letters:
        return "digits"
    if written.isupper() and len(written) > 1:
        return "shout" if context.shouting else "upper"
    main = [word for word in letters if word.lower() not in SMALL_WORDS] or letters
    if all(word[0].isupper() for word in main):
        return "title"
    if main[0][0].isupper() or letters[0][0].isupper():
        return "first"
    return "lower"


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def extract(
    span: Span, choice: Choice, context: CommentContext, thread: Thread, stats: WordStats, year: int | None
) -> dict[str, float]:
    """The features of one span, by name; a feature that is absent is 0."""
    surface = span.surface
    written = context.flat[span.start : span.end]
    case = case_of(written, context)
    begins = context.starts_sentence(span.body_start)
    marked = context.emphasised(span.body_start, span.body_end)
    ordinary = _clip(surface.ordinariness, -4, 3.5)
    one = surface.words == 1
    f: dict[str, float] = {f"kind_{choice.kind.name.lower()}": 1.0}
    state = case
    if case in {"title", "first"}:
        # One capital at the beginning of a sentence says nothing; more than one does.
        capitals = sum(word[0].isupper() for word in written.split())
        state = f"{case}_start" if begins and capitals < 2 else case
    f[f"case_{state}"] = 1.0
    f[f"ordinary_{state}"] = ordinary
    f["ordinary"] = ordinary
    f["nameness"] = _clip(surface.nameness, -2, 1.5)
    if one:
        f["one_word"] = 1.0
        f["short"] = float(surface.length <= 3)
    else:
        f["words"] = math.log2(min(surface.words, 8))
    f["marked"] = float(marked)
    if marked and state not in {"title", "upper"}:
        f["marked_other_case"] = 1.0
    f["year"] = float(year is not None)
    f["alone"] = float(context.alone_on_line(span.body_start, span.body_end))
    gap_before, gap_after = context.gap_before(span.body_start), context.gap_after(span.body_end)
    before, after = context.word_before(span.start), context.word_after(span.end)
    raw_before, raw_after = context.raw_word_before(span.start), context.raw_word_after(span.end)
    joined_before = bool(before) and not set(gap_before) & set('.!?:;\n,()"“”*_/')
    joined_after = bool(after) and not set(gap_after) & set('.!?:;\n,()"“”*_/')
    if joined_before:
        f["before"] = _clip(stats.before.get(before, 0.0), -2.5, 2.5)
        f["capital_before"] = float(
            raw_before[0].isupper()
            and not context.shouting
            and before not in {"i"}
            and len(raw_before) > 0
            and not context.starts_sentence(span.body_start - len(raw_before) - len(gap_before))
        )
        f["hyphen_before"] = float(gap_before == "-")
    if joined_after:
        f["after"] = _clip(stats.after.get(after, 0.0), -2.5, 2.5)
        f["capital_after"] = float(
            raw_after[0].isupper() and not context.shouting and after not in {"i"} and case != "upper"
        )
        f["number_after"] = float(after in NUMBERS and after not in {"i", "one"} and not marked)
        f["hyphen_after"] = float(gap_after == "-")
        f["film_word_after"] = float(after in _FILM_WORDS)
        f["tv_word_after"] = float(after in _TV_WORDS)
        f["possessive"] = float(after == "s" and gap_after in {"'", "’"})
    f["list"] = float("," in gap_before or "," in gap_after)
    f["slash"] = float("/" in gap_before or "/" in gap_after)
    f["votes"] = _clip(math.log10(1 + votes_of(choice.film)) - 3, -3, 1.7)
    f["votes_unknown"] = float(choice.film.vote_count is None)
    f["margin"] = choice.margin / NO_RIVAL
    f["franchise"] = math.log2(1 + min(surface.franchise, 15))
    if one:
        f["franchise_one_word"] = f["franchise"]
    if thread.words:
        if thread.film is choice.film:
            f["thread_film"] = 1.0
            if choice.kind == Kind.MAIN:
                f["thread_main"] = 1.0
        elif f" {surface.text} " in f" {thread.words} ":
            f["in_thread_title"] = 1.0
        elif thread.series and thread.series in normalise(choice.film.title):
            f["thread_series"] = 1.0
    return f
