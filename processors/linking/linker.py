"""Link a comment to the films it means.

1. The automaton finds every surface of the catalogue, in one pass over the folded text.
2. Lower-case everyday words are dropped unless something marks them as a title.
3. For each span left, longest first: the film it most likely means, then the probability that it means a film at all.
4. The thread's own film is added when the comment speaks of it without naming it.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from processors.linking import scorer, wordstats
from processors.linking.about import speaks_of_thread_film
from processors.linking.chains import Found, with_chains, with_company
from processors.linking.context import CommentContext
from processors.linking.features import FIRST, SERIES, Site, Span, extract
from processors.linking.index import CatalogueIndex
from processors.linking.model import CommentText, Film, Links, Mention
from processors.linking.resolve import Choice, Told, choose
from processors.linking.surfaces import Kind
from processors.linking.thread import NO_THREAD, Thread, read_thread

THREADS_KEPT: Final = 4_096
"""Threads remembered; more than are alive at once in the busiest film forums."""

MOST_SPANS: Final = 400
"""Spans looked at closely in one comment; beyond it a body is a list or an attack, and the time must be bounded."""


_EMPHASIS: Final = re.compile(r"[\"“*_`]|\((?:19|20)\d\d")
"""What may set a title apart."""


SEQUEL: Final = frozenset(["2", "3", "4", "5", "6", "7", "8", "9", "10", "ii", "iii", "iv", "vi", "vii"])


PARAGRAPH: Final = "\n\n"
"""No title goes on in the next paragraph."""

WATCH: Final = frozenset(["watch", "watched", "watching", "rewatch", "rewatched", "rewatching"])

CAME: Final = frozenset(["came", "comes", "coming"])
ONWARD: Final = frozenset(["of", "as", "to", "with"])
""" "came out of", "came out as": no release."""


class Candidate:
    """A span with the film it would mean and the probability that it does."""

    __slots__ = ("choice", "features", "probability", "span")

    def __init__(self, span: Span, choice: Choice, features: dict[str, float], probability: float) -> None:
        self.span = span
        self.choice = choice
        self.features = features
        self.probability = probability


class Linker:
    """Links comments against one catalogue. Deterministic; not changed by use (but for remembered threads)."""

    def __init__(self, films: Iterable[Film]) -> None:
        self.stats = wordstats.load()
        self.scorer = scorer.load()
        self.index = CatalogueIndex(films, self.stats)
        self._threads: dict[tuple[str, int], Thread] = {}

    def link(self, comment: CommentText) -> Links:
        """The films a comment means, and those it may mean."""
        context = CommentContext(comment.body)
        thread = self.thread(comment.thread_title, comment.created)
        mentions: list[Mention] = []
        uncertain: list[Mention] = []
        others: set[int] = set()
        for candidate in self.decide(context, thread, comment.created):
            span = candidate.span
            mention = Mention(
                candidate.choice.film.movie_id,
                "text",
                span.body_start,
                span.body_end,
                comment.body[span.body_start : span.body_end],
                candidate.probability,
            )
            if candidate.probability >= self.scorer.accept:
                mentions.append(mention)
                if not thread.series or candidate.choice.series != thread.series:
                    others.add(mention.movie_id)
            elif candidate.probability >= self.scorer.uncertain:
                uncertain.append(mention)
        places = tuple((mention.movie_id, mention.start, mention.end) for mention in mentions)
        mentions = _once(mentions)
        named = {mention.movie_id for mention in mentions}
        uncertain = [mention for mention in _once(uncertain) if mention.movie_id not in named]
        if thread.film is not None and thread.film.movie_id not in named:
            probability = speaks_of_thread_film(context, others)
            if probability >= 0.5:
                mentions.append(Mention(thread.film.movie_id, "thread", 0, 0, "", probability))
        return Links(tuple(mentions), tuple(uncertain), places)

    def about(self, comment: CommentText) -> float:
        """Probability that a comment speaks of its thread's film, whether or not the catalogue has that film."""
        context, thread = CommentContext(comment.body), self.thread(comment.thread_title, comment.created)
        named = (c for c in self.decide(context, thread, comment.created) if c.probability >= self.scorer.accept)
        others = {c.choice.film.movie_id for c in named if not thread.series or c.choice.series != thread.series}
        return speaks_of_thread_film(context, others)

    def thread(self, title: str | None, created: datetime | None) -> Thread:
        """What a thread title says; remembered by title and year."""
        if not title:
            return NO_THREAD
        key = (title, created.year if created is not None else 0)
        found = self._threads.get(key)
        if found is None:
            if len(self._threads) >= THREADS_KEPT:
                self._threads.clear()
            found = self._threads[key] = read_thread(title, self.index, created)
        return found

    def decide(self, context: CommentContext, thread: Thread, created: datetime | None) -> list[Candidate]:
        """Non-overlapping candidates in the order of the text: the longest span wins where any may count.

        An unsure span gives way to a shorter one within it in one case: where that means the same film and is sure,
        as "Princess Bride" may be in "The Princess Bride"; then the longer one is as sure.
        """
        taken: list[Candidate] = []
        kept: list[Candidate] = []
        for found in self._found(context, thread)[:MOST_SPANS]:
            over = [other for other in taken if found.start < other.span.end and other.span.start < found.end]
            if any(other.probability >= self.scorer.accept for other in over):
                continue
            candidate = self._weigh(found, context, thread, created)
            if candidate is None:
                continue
            if over:
                if candidate.probability >= self.scorer.accept:
                    for other in over:
                        if other.choice.film is candidate.choice.film:
                            other.probability = candidate.probability
                continue
            if candidate.probability >= self.scorer.uncertain:
                taken.append(candidate)
            kept.append(candidate)
        return sorted(kept, key=lambda candidate: candidate.span.start)

    def candidates(self, context: CommentContext, thread: Thread, created: datetime | None) -> Iterator[Candidate]:
        """Every span judged, longest first, overlapping ones too: what the weights are fitted on."""
        for found in self._found(context, thread):
            candidate = self._weigh(found, context, thread, created)
            if candidate is not None:
                yield candidate

    def _found(self, context: CommentContext, thread: Thread) -> list[Found]:
        """Surfaces worth a closer look, longest first, each with its enumeration."""
        flat = context.flat
        clear: list[Found] = []
        everyday: list[Found] = []
        for end, surface in self.index.matches(context.low):
            start = end - surface.length
            if surface.common and flat[start + surface.head].islower():
                everyday.append(Found(start, end, surface))
            elif not surface.everywhere or self._within_sentence(Found(start, end, surface), context):
                clear.append(Found(start, end, surface))
        for surface in thread.forms:
            at = context.low.find(f" {surface.text} ")
            if at >= 0:
                clear.append(Found(at + 1, at + 1 + surface.length, surface))
        if everyday and _EMPHASIS.search(context.text):
            clear += [found for found in everyday if self._set_apart(found, context)]
        if not clear:
            return []
        if len(clear) + len(everyday) == 1:
            return clear
        company = with_company(with_chains(clear, everyday, context), clear, flat)
        return sorted(company, key=lambda found: (found.start - found.end, found.start))

    def _within_sentence(self, found: Found, context: CommentContext) -> bool:
        """Whether the capital of a very common word is not simply that of a sentence's first word."""
        start, _ = context.body_span(found.start, found.end)
        return not context.starts_sentence(start) or self._set_apart(found, context)

    @staticmethod
    def _set_apart(found: Found, context: CommentContext) -> bool:
        """Whether an everyday word stands in quotes or italics, or has a year beside it."""
        start, end = context.body_span(found.start, found.end)
        return context.emphasised(start, end) or context.year_beside(start, end) is not None

    def _weigh(
        self, found: Found, context: CommentContext, thread: Thread, created: datetime | None
    ) -> Candidate | None:
        """One span judged; None when no film can be meant."""
        body_start, body_end = context.body_span(found.start, found.end)
        year = context.year_beside(body_start, body_end)
        original = context.word_before(found.start) in FIRST
        when = created.year if created is not None else thread.film.year if thread.film is not None else None
        choice = choose(found.surface, self.index, thread, created, Told(year, original, when))
        if choice is None or (choice.kind == Kind.INITIALS and not _as_initials(context.flat[found.start : found.end])):
            return None
        if _goes_on(context.word_after(found.end), context.text[body_end : body_end + 1]):
            return None
        if PARAGRAPH in context.text[body_start:body_end]:
            return None
        span = Span(found.start, found.end, body_start, body_end, found.surface)
        site = Site(span, choice, context, thread, year, found.chain, found.others, found.within, when)
        features = extract(site, self.stats)
        probability = self.scorer.probability(features)
        if _plainly_named(found, features, context):
            probability = max(probability, self.scorer.accept)
        return Candidate(span, choice, features, probability)


def _goes_on(word: str, gap: str) -> bool:
    """Whether the word after makes it another name.

    "Minions 3" is no mention of Minions: where the sequel exists, its own form was longer. "The Wonder Woman movies"
    are a series.
    """
    return (gap == " " and word in SERIES) or (gap in {" ", "-"} and word in SEQUEL)


def _plainly_named(found: Found, features: dict[str, float], context: CommentContext) -> bool:
    """Whether a form of "watch" stands right before a title written as titles are, or "came out" right after it, with
    no longer name around it: whatever its words, that is what one watches, and what is released."""
    watched = "before" in features and context.word_before(found.start) in WATCH
    return (
        (watched or ("after" in features and _came_out(found, context)))
        and not features.keys().isdisjoint({"case_title", "case_upper", "case_digits", "case_first"})
        and not features.get("capital_after", 0.0)
        and not features.get("series_word_after", 0.0) + features.get("other_word_after", 0.0)
        and any(kind <= Kind.ALTERNATIVE for _, kind in found.surface.entries)
    )


def _came_out(found: Found, context: CommentContext) -> bool:
    came, out, onward, *_ = (*context.low[found.end + 1 :].split(" ", 3), "", "", "")
    return came in CAME and out == "out" and onward not in ONWARD


def _as_initials(written: str) -> bool:
    """Initials are written with capitals or a number: LOTR, GotG, gotg 2."""
    return sum(map(str.isupper, written)) > 1 or any(map(str.isdigit, written)) or " part " in written


def _once(mentions: Iterable[Mention]) -> list[Mention]:
    """The first mention of each film."""
    first: dict[int, Mention] = {}
    for mention in mentions:
        first.setdefault(mention.movie_id, mention)
    return list(first.values())
