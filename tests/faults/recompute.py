"""What must have come of the records, by plain Python: batches, watermarks, verdicts, windows, popularity.

`tests.oracle` says what counts and what a window holds; this adds what it needs to know about micro-batches.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass

from tests import oracle
from tests.faults.evidence import CommentRecord, Evidence, Poll, Window
from tests.oracle import OracleComment, Totals


@dataclass(frozen=True, slots=True)
class Expected:
    """The ledger and the windows with mentions."""

    ledger: Counter[str]
    windows: dict[Window, Totals]
    watermark: int
    """Of the last micro-batch; 0 before the first comment."""


def expected(evidence: Evidence) -> Expected:
    """Judge every record again, batch by batch."""
    judged = [[record for record in records if not record.verdict] for records in cut(evidence)]
    batches = [[OracleComment(record.id, record.created, record.films) for record in records] for records in judged]
    accepted, ledger = oracle.sift(batches, evidence.rules.delay)
    ledger.update(record.verdict for record in evidence.comments if record.verdict)
    marks = watermarks(evidence)
    return Expected(
        ledger=Counter({name: count for name, count in ledger.items() if count}),
        windows=oracle.totals(accepted, evidence.rules.size, evidence.rules.slide),
        watermark=marks[-1] if marks else 0,
    )


def cut(evidence: Evidence) -> list[list[CommentRecord]]:
    """The records of each micro-batch; those after the last one are left out."""
    found: list[list[CommentRecord]] = []
    place = 0
    for batch in evidence.batches:
        records: list[CommentRecord] = []
        while place < len(evidence.comments) and evidence.comments[place].offset < batch.comments_end:
            records.append(evidence.comments[place])
            place += 1
        found.append(records)
    return found


def watermarks(evidence: Evidence) -> list[int]:
    """The watermark under which each micro-batch was judged: the newest comment of those before, less the delay."""
    marks, newest = [], 0
    for records in cut(evidence):
        marks.append(max(0, newest - evidence.rules.delay) if newest else 0)
        newest = max([newest, *(record.created for record in records if not record.verdict)])
    return marks


class Levels:
    """The popularities a window may show.

    A window shows the latest poll before its end that was read when it was computed for the last time. What was read
    by then is known by batches; the catalogue that travels with linked comments may know a poll earlier, never later
    than it was made. So a fresher poll before the window's end is right as well. A poll that says what was known
    already changes no row: the row keeps the time of an earlier one with the same figure.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._rules, self._batches = evidence.rules, evidence.batches
        self._marks = watermarks(evidence)
        self._polls: dict[int, list[Poll]] = defaultdict(list)
        for poll in evidence.polls:
            self._polls[poll.movie].append(poll)

    def allowed(self, movie: int, end: int) -> set[tuple[int | None, float | None]]:
        """The (fetched, popularity) pairs that are right for a film's window; (None, None) is "unknown"."""
        polls = sorted(self._polls.get(movie, ()), key=lambda poll: poll.fetched)
        until = self._read_until(end)
        read = [poll for poll in polls if poll.offset < until]
        before = [poll for poll in read if poll.fetched < end]
        if before:
            fitting = [poll for poll in polls if before[-1].fetched <= poll.fetched < end]
        else:
            fitting = [poll for poll in polls if poll.fetched < end] + (read or polls)[:1]
        figures = {poll.popularity for poll in fitting}
        latest = max((poll.fetched for poll in fitting), default=0)
        shown = {
            (poll.fetched if poll.popularity is not None else None, poll.popularity)
            for poll in polls
            if poll.popularity in figures and poll.fetched <= latest
        }
        return shown if read else shown | {(None, None)}

    def _read_until(self, end: int) -> int:
        """The offset that polls were read to when the window was final, or by now when it is open."""
        final = bisect_left(self._marks, end)  # watermarks never fall
        batches = self._batches[: final + 1]
        return batches[-1].films_end if batches else 0
