"""The invariants, each a function from evidence to what is wrong with it; nothing wrong is an empty list."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from common.clock import to_millis
from contracts.events import Prediction, TrendUpdate
from tests import oracle
from tests.faults.evidence import Evidence, Forecast, Window
from tests.faults.recompute import Expected, Levels, cut, expected, watermarks
from tests.oracle import Totals

_TOLERANCE = 1e-9
_SHOWN = 5
"""Of one kind of violation so many are told one by one; the rest is a number."""
_GONE_SHARE, _GONE_FREE = 0.01, 3
"""Comments whose page was lost on its way and that left the listing before the next poll: the simulator takes one in
two hundred out. More than this is a loss of ours, unless a gap was reported."""

Check = Callable[[Evidence, Expected], Iterable[str]]


def violations(evidence: Evidence) -> list[str]:
    """Everything that is wrong, by invariant; the empty list when all of them hold."""
    wanted = expected(evidence)
    found: list[str] = []
    for name, check in CHECKS.items():
        told = [f"{name}: {text}" for text in check(evidence, wanted)]
        found += told[:_SHOWN]
        if len(told) > _SHOWN:
            found.append(f"{name}: and {len(told) - _SHOWN} more")
    return found


def gone_unread(evidence: Evidence) -> set[str]:
    """Ids that were shown, left the listing, and never arrived."""
    arrived = _arrived(evidence)
    return {comment.id for comment in evidence.served if comment.gone and comment.id not in arrived}


def _arrived(evidence: Evidence) -> set[str]:
    letters = {str(letter.source_key) for letter in evidence.letters if letter.source_topic == "reddit_api"}
    dropped = {comment.id for comment in evidence.served if comment.deleted}
    return {record.id for record in evidence.comments if not record.planted} | letters | dropped


def source_ledger(evidence: Evidence, _: Expected) -> Iterator[str]:
    """What the source showed is what arrived, id by id."""
    served, arrived = {comment.id for comment in evidence.served}, _arrived(evidence)
    lost = gone_unread(evidence)
    yield from (f"comment {name} was served and never arrived" for name in sorted(served - arrived - lost))
    if len(lost) > _GONE_FREE + _GONE_SHARE * len(served) and not evidence.gaps:
        yield f"{len(lost)} comments left the listing unread and no gap was reported"
    known = {record.id for record in evidence.comments if not record.planted}
    yield from (f"comment {name} arrived and was never served" for name in sorted(known - served))


def job_ledger(evidence: Evidence, wanted: Expected) -> Iterator[str]:
    """Each record is in one category, and in the right one."""
    total = Counter[str]()
    for counts in evidence.ledger.values():
        total.update(counts)
    told = {name: count for name, count in total.items() if count}
    if told != dict(wanted.ledger):
        yield f"the ledger says {told}, the records {dict(wanted.ledger)}"
    if sum(told.values()) != len(evidence.comments):
        yield f"the ledger holds {sum(told.values())} of {len(evidence.comments)} records"
    for batch, records in zip(evidence.batches, cut(evidence), strict=True):
        counted = evidence.ledger.get(batch.number, Counter()).total()
        if counted != len(records):
            yield f"batch {batch.number} took {len(records)} records and counted {counted}"


def dead_letters(evidence: Evidence, _: Expected) -> Iterator[str]:
    """A record that cannot be used is set aside, once or more often, and no other one is."""
    wanted = {record.offset for record in evidence.comments if record.verdict == "dead_letter"}
    told = {letter.source_offset for letter in evidence.letters if letter.source_topic == "reddit_stream"}
    yield from (f"offset {offset} should be a dead letter" for offset in sorted(wanted - told))
    yield from (f"offset {offset} should be no dead letter" for offset in told - wanted)


def windows(evidence: Evidence, wanted: Expected) -> Iterator[str]:
    """Every stored window is what the records say."""
    levels, rules = Levels(evidence), evidence.rules
    yield from (f"window {key} is missing" for key in sorted(wanted.windows.keys() - evidence.by_window.keys()))
    for (movie, start), update in evidence.by_window.items():
        total = wanted.windows.get((movie, start), Totals())
        yield from (f"window {(movie, start)}: {text}" for text in _differences(update, total))
        if update.is_final != (start + rules.size <= wanted.watermark):
            yield f"window {(movie, start)}: is_final is {update.is_final}, the watermark {wanted.watermark}"
        observed = None if update.popularity_observed_at is None else to_millis(update.popularity_observed_at)
        if (observed, update.popularity) not in levels.allowed(movie, start + rules.size):
            yield f"window {(movie, start)}: popularity {update.popularity} of {observed} is not the one that held"
        score = oracle.trend_score(
            total,
            update.popularity,
            weights=rules.weights,
            popularity_reference=rules.popularity_reference,
            mentions_reference=rules.mentions_reference,
            prior=rules.prior,
        )
        if not _close(update.trend_score, score):
            yield f"window {(movie, start)}: TrendScore {update.trend_score}, by the formula {score}"


def _differences(update: TrendUpdate, total: Totals) -> Iterator[str]:
    told = (update.mentions_text, update.mentions_thread, update.positive, update.negative)
    counted = (total.text, total.thread, total.positive, total.negative)
    if told != counted:
        yield f"(text, thread, positive, negative) {told}, the records {counted}"
    if not _close(update.sentiment, total.mean):
        yield f"mean {update.sentiment}, the records {total.mean}"


def _close(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=0, abs_tol=_TOLERANCE)


def _same(left: TrendUpdate, right: TrendUpdate) -> bool:
    """Equal, but for when it was written: a batch that was done twice has two such times."""
    ignored = {"processed_at"}
    return left.model_dump(exclude=ignored) == right.model_dump(exclude=ignored)


def agreement(evidence: Evidence, _: Expected) -> Iterator[str]:
    """The last revision in the topic is the row in both tables."""
    latest = {window_of(update): update for update in evidence.updates}
    for table, rows in (("trends_by_window", evidence.by_window), ("movie_trends", evidence.by_film)):
        yield from (f"{table}: window {key} is only in the topic" for key in sorted(latest.keys() - rows.keys()))
        yield from (f"{table}: window {key} is not in the topic" for key in sorted(rows.keys() - latest.keys()))
        for key in sorted(latest.keys() & rows.keys()):
            if not _same(latest[key], rows[key]):
                yield f"{table}: window {key} has revision {rows[key].revision}, the topic {latest[key].revision}"


def revisions(evidence: Evidence, _: Expected) -> Iterator[str]:
    """Revisions count up from 1, say the same each time they are told, and end with the final one."""
    last: dict[Window, TrendUpdate] = {}
    for update in evidence.updates:
        key = window_of(update)
        before = last.get(key)
        step = update.revision - (before.revision if before else 0)
        if step < 0:
            yield f"window {key} went back to revision {update.revision}"
        elif step > 1:
            yield f"window {key} skipped to revision {update.revision}"
        elif before is not None and step == 0 and not _same(before, update):
            yield f"window {key}: revision {update.revision} was told twice and differs"
        elif before is not None and step == 1 and before.is_final:
            yield f"window {key} changed after it was final"
        if step >= 0:
            last[key] = update


def forecasts(evidence: Evidence, _: Expected) -> Iterator[str]:
    """Each forecast is made once and scored at most once, as by a service that nobody interrupted."""
    made, scored = _split(evidence.forecasts)
    for name, told in (("forecast", made), ("outcome", scored)):
        for key, copies in told.items():
            if any(copy != copies[0] for copy in copies[1:]):
                yield f"{name} {_name(key)} was told {len(copies)} times and differs"
    wanted_made, wanted_scored = _split(evidence.uninterrupted)
    for name, told, wanted in (("forecast", made, wanted_made), ("outcome", scored, wanted_scored)):
        yield from (f"{name} {_name(key)} is missing" for key in wanted.keys() - told.keys())
        yield from (f"{name} {_name(key)} should not be" for key in told.keys() - wanted.keys())
        for key in told.keys() & wanted.keys():
            if told[key][0] != wanted[key][0]:
                yield f"{name} {_name(key)} differs from an uninterrupted run's"
        yield from (f"{name} {_name(key)} is expected twice" for key, copies in wanted.items() if len(copies) > 1)
    for table, rows in (("by_time", evidence.stored_forecasts), ("by_film", evidence.stored_by_film)):
        if rows.keys() != made.keys():
            yield f"predictions {table}: {len(rows)} rows, {len(made)} forecasts"
        for key, row in rows.items():
            if key in made and row != scored.get(key, made[key])[0]:
                yield f"predictions {table}: {_name(key)} differs from the topic"


def figures(evidence: Evidence, _: Expected) -> Iterator[str]:
    """The model's figures are those of an uninterrupted run."""
    told, wanted = evidence.figures, evidence.uninterrupted_figures
    if told.keys() != wanted.keys():
        yield f"{len(told.keys() - wanted.keys())} figures too many, {len(wanted.keys() - told.keys())} missing"
    for key in told.keys() & wanted.keys():
        if told[key] != wanted[key]:
            version, metric, horizon, at = key
            yield f"{metric} of {version}, horizon {horizon}, at {at:%H:%M:%S}: {told[key]}, else {wanted[key]}"


def freshness(evidence: Evidence, _: Expected) -> Iterator[str]:
    """No answer claims a closed window before the micro-batch that closed it.

    When its rows were written is not known: a batch that was done again after a crash wrote them twice, and the later
    time is the one they have. Batches while the host's clock was behind count as of when it was set back.
    """
    slide = evidence.rules.slide
    times = list(accumulate((batch.began for batch in evidence.batches), max))
    closed = list(accumulate((mark // slide * slide for mark in watermarks(evidence)), max))
    for answer in evidence.answers:
        place = bisect_right(times, answer.at)
        if not place or answer.as_of > closed[place - 1]:
            yield f"{answer.path} claimed {answer.as_of} at {answer.at}, the newest closed window then ended earlier"


def window_of(update: TrendUpdate) -> Window:
    """The key of an update's window."""
    return update.movie_id, to_millis(update.window_start)


def forecast_of(prediction: Prediction) -> Forecast:
    """The key of a forecast."""
    return prediction.movie_id, prediction.made_at, prediction.horizon


def _name(key: Forecast) -> str:
    return f"of film {key[0]} at {key[1]:%H:%M:%S}, horizon {key[2]},"


def _split(told: Iterable[Prediction]) -> tuple[dict[Forecast, list[Prediction]], dict[Forecast, list[Prediction]]]:
    """The forecasts and the outcomes, every copy of each."""
    made: dict[Forecast, list[Prediction]] = {}
    scored: dict[Forecast, list[Prediction]] = {}
    for prediction in told:
        kind = made if prediction.actual is None else scored
        kind.setdefault(forecast_of(prediction), []).append(prediction)
    return made, scored


CHECKS: dict[str, Check] = {
    "I1 source": source_ledger,
    "I1 ledger": job_ledger,
    "I1 dead letters": dead_letters,
    "I2": windows,
    "I3": agreement,
    "I4": revisions,
    "I5 forecasts": forecasts,
    "I5 figures": figures,
    "I6": freshness,
}
