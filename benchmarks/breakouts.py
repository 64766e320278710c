"""How soon breakouts are found, and how often nothing is called one: `python -m benchmarks.breakouts [--days 10]`.

Made-up background: films whose rates have a long tail, by time of day, with comments that come in clusters. Into it go
(1) made-up bursts of known size, and (2) the six recorded release threads of `../shared/data`, each whole and thinned
to the size of a smaller community. A find is the first breakout of the film within four hours of the begin; its delay
counts from the begin to the end of the window that found it, in event time (the watermark's delay comes on top). Every
breakout of a film in which nothing was hidden at that time is a false alarm. Beside it runs what a first draft would
do: "five mentions and three times the mean", and a Poisson test without shrinkage and clustering at the same level.
"""

import argparse
import gzip
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.settings import ROOT
from momentum.engine import Engine, Lengths, Output
from momentum.rule import MIN_MENTIONS, MIN_RATIO, Rule

RECORDED = ROOT.parent / "shared" / "data" / "comments" / "rmovies_discussion_dev.jsonl.gz"
LENGTHS = Lengths(timedelta(minutes=5), timedelta(minutes=1))
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
MINUTES_A_DAY = 1_440
WITHIN = 240
"""Minutes after its begin in which a burst has to be found; later it is over."""
WARM_UP_DAYS = 2
_CLUSTER_MINUTES = 5
_CLUSTERING = 0.2
"""Of the made-up background: variance beyond Poisson's, as a multiple of the squared mean, over five minutes."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Something hidden in the background."""

    film: int
    minute: int
    factor: float
    """Times the film's own rate, or the floor; it halves each half hour. For recordings: the share of comments kept."""
    until: int
    """The minute from which on alarms of this film count as false again."""


@dataclass(slots=True)
class Result:
    """What one detector found."""

    alarms: list[tuple[int, int]] = field(default_factory=list)
    """Film and minute."""


class Background:
    """Counts a minute of every film."""

    def __init__(self, films: int, days: int, seed: int, a_minute: float = 40.0) -> None:
        rng = np.random.default_rng(seed)
        weight = rng.lognormal(0, 2.0, films)
        self.rate: NDArray[np.float64] = np.sort(weight / weight.sum() * a_minute)[::-1]
        minutes = np.arange(days * MINUTES_A_DAY)
        busy = 1 + 0.7 * np.sin((minutes / 60 - 15) / 24 * 2 * math.pi)
        clusters = rng.gamma(1 / _CLUSTERING, _CLUSTERING, (len(minutes) // _CLUSTER_MINUTES + 1, films))
        mean = self.rate[None, :] * busy[:, None] * np.repeat(clusters, _CLUSTER_MINUTES, axis=0)[: len(minutes)]
        self.counts: NDArray[np.int64] = rng.poisson(mean)


def inject(background: Background, bursts: int, days: int, seed: int) -> list[Burst]:
    """Hide bursts of four sizes in films of all sizes, a film at most one."""
    rng = np.random.default_rng(seed)
    films = rng.choice(len(background.rate), bursts, replace=False)
    found = []
    for number, film in enumerate(films):
        minute = int(rng.integers(WARM_UP_DAYS * MINUTES_A_DAY, (days - 1) * MINUTES_A_DAY))
        factor = (3.0, 5.0, 10.0, 20.0)[number % 4]
        length = min(8 * 60, len(background.counts) - minute)
        level = max(background.rate[film], 0.1) * factor * 0.5 ** (np.arange(length) / 30)
        background.counts[minute : minute + length, film] += rng.poisson(level)
        found.append(Burst(int(film), minute, factor, minute + 8 * 60))
    return found


def record(background: Background, threads: dict[str, list[datetime]], keep: float, days: int) -> list[Burst]:
    """Lay the recorded nights over quiet films, at their own time of day."""
    rng = np.random.default_rng(11)
    found = []
    for number, times in enumerate(threads.values()):
        kept = [at for at in sorted(times) if rng.random() < keep]
        film, day = len(background.rate) - 1 - number, WARM_UP_DAYS + number % max(1, days - WARM_UP_DAYS - 1)
        first = kept[0]
        offset = day * MINUTES_A_DAY + first.hour * 60 + first.minute
        for at in kept:
            minute = offset + int((at - first).total_seconds() // 60)
            if minute < len(background.counts):
                background.counts[minute, film] += 1
        found.append(Burst(film, offset, keep, days * MINUTES_A_DAY))
    return found


def threads_of(path: Path) -> dict[str, list[datetime]]:
    """The comment times of each recorded thread."""
    found: dict[str, list[datetime]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            comment = json.loads(line)
            found[comment["link_title"]].append(_instant(comment["created_utc"]))
    return dict(found)


def _instant(value: float | str) -> datetime:
    if isinstance(value, str) and not value.replace(".", "").isdigit():
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(float(value), UTC)


def run_ours(counts: NDArray[np.int64], false_alarms: float) -> tuple[Result, Engine]:
    """The product's engine over every window, one a minute."""
    engine, result = Engine(LENGTHS, false_alarms), Result()
    length = LENGTHS.window // timedelta(minutes=1)
    sums = np.cumsum(np.vstack([np.zeros((1, counts.shape[1]), dtype=np.int64), counts]), axis=0)
    for minute in range(len(counts) - length + 1):
        row = sums[minute + length] - sums[minute]
        some = np.flatnonzero(row)
        out = Output()
        engine.observe(
            BEGIN + timedelta(minutes=minute), {int(film): int(row[film]) for film in some}, counts.shape[1], {}, out
        )
        result.alarms += [(breakout.movie_id, minute + length) for breakout in out.begun]
    return result, engine


def run_plain(counts: NDArray[np.int64], *, poisson: bool, alpha: float) -> Result:
    """First drafts: the mean of the last two days, with a fixed ratio, and with or without a Poisson test. An hour's
    cool-down, as ours."""
    length = LENGTHS.window // timedelta(minutes=1)
    sums = np.cumsum(np.vstack([np.zeros((1, counts.shape[1]), dtype=np.int64), counts]), axis=0)
    memory = WARM_UP_DAYS * MINUTES_A_DAY
    calm_from = np.zeros(counts.shape[1], dtype=np.int64)
    result = Result()
    for minute in range(memory, len(counts) - length + 1):
        row = sums[minute + length] - sums[minute]
        mean = (sums[minute] - sums[minute - memory]) / memory * length
        loud = (row >= MIN_MENTIONS) & (row >= MIN_RATIO * mean)
        for film in np.flatnonzero(loud):
            if minute >= calm_from[film] and (not poisson or _poisson_tail(int(row[film]), float(mean[film])) < alpha):
                result.alarms.append((int(film), minute + length))
                calm_from[film] = minute
            if minute < calm_from[film] + 60:
                calm_from[film] = max(calm_from[film], minute + 60)
    return result


def _poisson_tail(count: int, mean: float) -> float:
    """P(N >= count)."""
    if mean <= 0:
        return 0.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total, k = 0.0, count
    while term > 1e-15 * total:
        total += term
        k += 1
        term *= mean / k
    return min(1.0, total)


@dataclass(frozen=True, slots=True)
class Score:
    """A detector against the truth."""

    delays: dict[float, list[int]]
    """Minutes, by factor; those not found are missing."""
    hidden: dict[float, int]
    found: int
    repeated: int
    """Further alarms for the same burst."""
    false: int
    film_days: float

    def summary(self) -> dict[str, object]:
        """For people and for JSON."""
        delays = sorted(delay for found in self.delays.values() for delay in found)
        alarms = self.found + self.false
        return {
            "found": f"{self.found} of {sum(self.hidden.values())}",
            "found_by_factor": {
                f"{factor:g}": f"{len(self.delays.get(factor, ()))} of {count}"
                for factor, count in sorted(self.hidden.items())
            },
            "delay_minutes_p50": delays[len(delays) // 2] if delays else None,
            "delay_minutes_p90": delays[int(len(delays) * 0.9)] if delays else None,
            "precision": round(self.found / alarms, 3) if alarms else None,
            "repeated": self.repeated,
            "false_alarms": self.false,
            "film_days": round(self.film_days),
            "false_alarms_per_film_day": round(self.false / self.film_days, 5),
        }


def judge(result: Result, bursts: Iterable[Burst], films: int, days: int) -> Score:
    """Compare alarms after the warm-up with what was hidden."""
    hidden: dict[float, int] = defaultdict(int)
    delays: dict[float, list[int]] = defaultdict(list)
    rest = {alarm for alarm in result.alarms if alarm[1] > WARM_UP_DAYS * MINUTES_A_DAY}
    found = repeated = 0
    for burst in bursts:
        hidden[burst.factor] += 1
        own = sorted(at for film, at in rest if film == burst.film and burst.minute < at <= burst.until)
        rest -= {(burst.film, at) for at in own}
        if own and own[0] - burst.minute <= WITHIN:
            found += 1
            repeated += len(own) - 1
            delays[burst.factor].append(own[0] - burst.minute)
    return Score(dict(delays), dict(hidden), found, repeated, len(rest), films * (days - WARM_UP_DAYS))


def show(name: str, score: Score) -> dict[str, object]:
    """Print one line, and give it for the JSON."""
    summary = score.summary()
    print(
        f"{name:<34} found {summary['found']:<9} delay p50 {summary['delay_minutes_p50']} p90 "
        f"{summary['delay_minutes_p90']} min, false {summary['false_alarms']} in {summary['film_days']:,} film-days "
        f"({summary['false_alarms_per_film_day']}), repeated {summary['repeated']}"
    )
    print(f"{'':<34} by size: {summary['found_by_factor']}")
    return {"detector": name, **summary}


def main(arguments: Sequence[str]) -> None:
    """Run everything; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.breakouts", description=__doc__)
    parser.add_argument("--films", type=int, default=300)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--bursts", type=int, default=80)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--false-alarms", type=float, default=0.001, help="a film and day, what the test is set to")
    options = parser.parse_args(arguments)
    rows = []
    background = Background(options.films, options.days, options.seed)
    bursts = inject(background, options.bursts, options.days, options.seed + 1)
    alpha = Rule.of(options.false_alarms, LENGTHS.slide).alpha
    ours, engine = run_ours(background.counts, options.false_alarms)
    print(
        f"{options.bursts} bursts in {options.films} films, {options.days} days; "
        f"set to {options.false_alarms} false alarms a film-day"
    )
    rows.append(show("momentum", judge(ours, bursts, options.films, options.days)))
    for name, poisson in (("five and three times the mean", False), ("Poisson, without shrinkage", True)):
        plain = run_plain(background.counts, poisson=poisson, alpha=alpha)
        rows.append(show(name, judge(plain, bursts, options.films, options.days)))
    early = sum(at <= WARM_UP_DAYS * MINUTES_A_DAY for _, at in ours.alarms)
    print(f"momentum, in the two days of warm-up, from nothing known on: false {early}")
    print(f"clustering: {_CLUSTERING} in the background, learned {engine.baseline.clustering:.2f}")
    if RECORDED.is_file():
        threads = threads_of(RECORDED)
        for keep in (1.0, 0.1, 0.02):
            background = Background(options.films, 6, options.seed + 2)
            nights = record(background, threads, keep, 6)
            result, _ = run_ours(background.counts, options.false_alarms)
            rows.append(show(f"release nights, {keep:.0%} of comments", judge(result, nights, options.films, 6)))
    else:
        print(f"no recorded nights: {RECORDED} is not there")
    print(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
