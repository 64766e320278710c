"""Films with a month of history in Cassandra, made up from a seed: what `benchmarks.api` and pages in the making read.

`python -m benchmarks.api_data --films 2000 --days 30 --port PORT --keyspace NAME` loads it; `--follow SECONDS` then
closes another window every so many seconds, as a running platform does each minute.

Every figure follows from the seed: films have a popularity and a rate of mentions with a long tail, days have hours,
a few films break out. Not every window of every film is written (at one a minute that would be 86 million
rows): see `Plan`.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.clock import system_clock
from configs.settings import Settings, load_settings
from contracts.events import Breakout, Prediction, TmdbFilm, TrendUpdate
from processors.trend_score import ScoreRule, trend_score
from simulator.catalogue import GENRES, load_catalogue
from storage.connection import connect
from storage.migrations import migrate
from storage.records import FilmHour, FilmMomentum, LedgerEntry, MentionExample, ModelMetric
from storage.store import Store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MENTIONS_A_MINUTE = 40.0
"""Of all films, by day's average: a busy subreddit."""
_WORDS = (
    "Winter", "Harbour", "Silent", "Glass", "Orchard", "Ninth", "Paper", "Northern", "Velvet", "Last", "Hollow", "Iron",
    "Summer", "Distant", "Copper", "Second", "Midnight", "Broken", "Golden", "Lost",
)  # fmt: skip
_NOUNS = (
    "Witness", "Station", "Garden", "Letters", "Empire", "Passenger", "Kingdom", "Promise", "Lighthouse", "Sisters",
    "Detective", "Carnival", "Horizon", "Machine", "Summer", "Valley", "Stranger", "Signal", "Hunter", "Daughter",
)  # fmt: skip
_EXCERPTS = (
    "Just saw {title} and I cannot stop thinking about the ending.",
    "{title} was fine, but an hour too long for what it says.",
    "The soundtrack of {title} alone is worth the ticket.",
    "Is it only me or does nobody talk about {title} any more?",
    "I walked out of {title}. Loud, dull and far too dark to see anything.",
)
_FEELINGS = (0.25, -0.1, 0.4, 0.0, -0.6)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rows are written."""

    films: int = 2_000
    days: int = 30
    dense_films: int = 5
    """Films with every window of the whole time; the others have every fifth minute of the last day, all of `recent`,
    and the sums of every hour. Whole rankings are those of `recent` and of every third hour before."""
    recent: timedelta = timedelta(minutes=75)
    examples: int = 40
    """Comments a film, at most."""


class World:
    """The made-up truth."""

    def __init__(self, plan: Plan, end: datetime, settings: Settings, seed: int = 7) -> None:
        """`end`: the end of the newest closed window, a whole minute."""
        self.plan, self.end, self.settings = plan, end, settings
        self._rng = np.random.default_rng(seed)
        self._rule = ScoreRule.from_settings(settings)
        self.films = self._make_films()
        popularity = np.array([film.popularity or 0.0 for film in self.films])
        weight = popularity**1.1 * self._rng.lognormal(0, 0.8, len(self.films))
        self.rate: NDArray[np.float64] = weight / weight.sum() * _MENTIONS_A_MINUTE
        self._mood = self._rng.normal(0.15, 0.2, len(self.films)).clip(-0.7, 0.7)
        self.bursts = self._make_bursts()

    def _make_films(self) -> list[TmdbFilm]:
        known = load_catalogue()[: self.plan.films]
        popularity = np.sort(self._rng.lognormal(2.2, 1.1, self.plan.films))[::-1]
        films = []
        for number in range(self.plan.films):
            real = known[number] if number < len(known) else None
            title = real.title if real else f"{_WORDS[number % 20]} {_NOUNS[number // 20 % 20]} {number}"
            films.append(
                TmdbFilm(
                    movie_id=real.id if real else 2_000_000 + number,
                    title=title,
                    original_title=real.original_title if real else title,
                    original_language=real.original_language if real else "en",
                    alternative_titles=tuple(real.alternative_titles) if real else (),
                    release_date=_date(real.release_date) if real else date(1990 + number % 36, 1 + number % 12, 1),
                    genres=_genres(real.genre_ids) if real else (("Drama", "Comedy", "Horror", "Action")[number % 4],),
                    overview="What happens when it happens, and to whom." if number % 3 else None,
                    popularity=float(round(popularity[number], 3)),
                    vote_average=float(round(5 + number % 40 / 10, 1)),
                    vote_count=100 + number,
                    poster_path=None,
                    fetched_at=self.end - MINUTE,
                )
            )
        return films

    def _make_bursts(self) -> list[tuple[int, datetime, float]]:
        """Film, begin, factor: one every eight hours, and one under way."""
        begins = [self.end - timedelta(minutes=25) - number * 8 * HOUR for number in range(self.plan.days * 3)]
        return [
            (int(self._rng.integers(3, min(60, len(self.films)))), begin, float(self._rng.uniform(8, 25)))
            for begin in begins
        ]

    def level(self, at: datetime) -> NDArray[np.float64]:
        """Each film's mentions a minute: its rate, by time of day, with bursts that halve each half hour."""
        hour = (at - EPOCH) / HOUR % 24
        level = self.rate * (1 + 0.6 * math.sin((hour - 15) / 24 * 2 * math.pi))
        for film, begin, factor in self.bursts:
            age = (at - begin) / timedelta(minutes=30)
            if 0 <= age < 8:
                level[film] += max(self.rate[film], 0.05) * factor * 0.5**age
        return level

    def window(self, start: datetime) -> "Column":
        """All films' figures of the window that begins at `start`; the same at each call."""
        length = self.settings.trend_window_duration
        seed = int((start - EPOCH) / MINUTE)
        rng = np.random.default_rng(seed)
        counts = rng.poisson(self.level(start + length / 2) * (length / MINUTE))
        means = (self._mood + rng.normal(0, 0.3, len(counts)) / np.sqrt(np.maximum(counts, 1))).clip(-1, 1)
        return Column(start, start + length, counts, means)

    def update(self, column: "Column", number: int) -> TrendUpdate:
        """One film's row of a window; not validated, because millions are made."""
        film, mentions = self.films[number], int(column.counts[number])
        mean = float(column.means[number])
        total = mean * mentions
        parts = trend_score(self._rule, film.popularity, mentions, total)
        positive = round(mentions * (0.3 + 0.4 * max(0.0, mean)))
        negative = min(mentions - positive, round(mentions * (0.15 - 0.4 * min(0.0, mean))))
        return TrendUpdate.model_construct(
            movie_id=film.movie_id, title=film.title, window_start=column.start, window_end=column.end,
            popularity=film.popularity, popularity_observed_at=self.end - DAY, trending_rank=None,
            mentions=mentions, mentions_text=mentions - mentions // 3, mentions_thread=mentions // 3,
            sentiment=mean if mentions else None, sentiment_sum=total,
            positive=positive, neutral=mentions - positive - negative, negative=negative,
            popularity_part=parts.popularity, mentions_part=parts.mentions, sentiment_part=parts.sentiment,
            trend_score=parts.score, revision=1, is_final=True, processed_at=column.end + 2 * MINUTE,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A window of all films."""

    start: datetime
    end: datetime
    counts: NDArray[np.int64]
    means: NDArray[np.float64]


class Loader:
    """Writes a world."""

    def __init__(self, world: World, store: Store) -> None:
        self._world, self._store = world, store
        self.rows = 0

    def load(self) -> None:
        """Everything, the newest last."""
        world, plan = self._world, self._world.plan
        self._store.movies.upsert(world.films)
        self._hours()
        length, end = world.settings.trend_window_duration, world.end
        self._windows(_every(end - plan.days * DAY, end - plan.recent - length, 3 * HOUR), films=False, ranking=True)
        self._windows(_every(end - DAY, end - plan.recent - length, length), films=True, ranking=False)
        self._windows(_every(end - plan.days * DAY, end - plan.recent - length, MINUTE), films=True, dense=True)
        for start in _every(end - plan.recent - length, end - length + MINUTE, MINUTE):
            self.close(start)
        self._examples()
        self._figures()
        self._breakouts()

    def close(self, start: datetime) -> None:
        """Write one window whole, as when it closes: rows, forecasts, momentum."""
        self._windows([start], films=True, ranking=True)
        end = start + self._world.settings.trend_window_duration
        self._forecasts(end)
        self._momentum(start)

    def _windows(self, starts: Iterable[datetime], *, films: bool, ranking: bool = False, dense: bool = False) -> None:
        world, store = self._world, self._store
        some = range(world.plan.dense_films if dense else len(world.films))
        chosen = [films, ranking]
        insert = tuple(one for one, wanted in zip(store.trends._insert, chosen, strict=True) if wanted)
        for batch in _chunks(starts, 1 if ranking else 24):
            columns = [world.window(start) for start in batch]
            updates = [world.update(column, number) for number in some for column in columns]
            values = [store.trends._values(update) for update in updates]
            store.trends._database.write("trends", [(insert, row) for row in values])
            if ranking:
                store.trends._index.add(batch)
            self.rows += len(values) * len(insert)

    def _hours(self) -> None:
        world = self._world
        first = (world.end - world.plan.days * DAY).replace(minute=0)
        hours = [(hour, world.window(hour)) for hour in _every(first, world.end.replace(minute=0), HOUR)]
        for number, film in enumerate(world.films):
            rows = []
            for hour, column in hours:
                update = world.update(column, number)
                rows.append(
                    FilmHour.model_construct(
                        movie_id=film.movie_id, hour=hour, until=hour + HOUR, windows=12,
                        trend_score=update.trend_score,
                        popularity_part=update.popularity_part, mentions_part=update.mentions_part,
                        sentiment_part=update.sentiment_part, mentions=update.mentions * 12,
                        sentiment_sum=update.sentiment_sum * 12, positive=update.positive * 12,
                        neutral=update.neutral * 12, negative=update.negative * 12,
                    )
                )  # fmt: skip
            self._store.momentum.upsert_hours(rows)
            self.rows += len(rows)

    def _forecasts(self, at: datetime) -> None:
        store, world = self._store, self._world
        column = world.window(at - world.settings.trend_window_duration)
        made = [self._forecast(column, n, horizon) for n in range(len(world.films)) for horizon in (1, 3, 12)]
        store.predictions.upsert(made)
        self.rows += 2 * len(made)

    def _forecast(self, column: Column, number: int, horizon: int) -> Prediction:
        world, length = self._world, self._world.settings.trend_window_duration
        current = world.update(column, number).trend_score
        target = column.end + horizon * length
        known = target <= world.end
        spread = 4 + horizon**0.5
        predicted = min(100.0, max(0.0, current * 0.9 + 4))
        actual = min(100.0, current + (number % 7 - 3)) if known else None
        return Prediction.model_construct(
            movie_id=world.films[number].movie_id, title=world.films[number].title, made_at=column.end, horizon=horizon,
            target_window_start=target - length, target_window_end=target, current=current, predicted=predicted,
            lower=max(0.0, predicted - spread), upper=min(100.0, predicted + spread),
            baselines={"persistence": current, "ewma": current * 0.95, "holt": current, "blend": current * 0.97},
            model_version="made-up-1", actual=actual, error=None if actual is None else predicted - actual,
        )  # fmt: skip

    def _momentum(self, start: datetime) -> None:
        world, length = self._world, self._world.settings.trend_window_duration
        column, before = world.window(start), world.window(start - HOUR)
        level = world.level(start) * 60
        counts = np.random.default_rng(int((start - EPOCH) / MINUTE)).poisson(level)
        ranks, previous = (self._ranks(each) for each in (column, before))
        active = {world.bursts[0][0]}
        rows = [
            FilmMomentum(
                movie_id=film.movie_id, window_start=start, window_end=start + length, mentions=int(counts[n]),
                span_seconds=3_600, expected=float(world.rate[n] * 60),
                growth=float((counts[n] + 2) / (world.rate[n] * 60 + 2)),
                share_of_voice=float(counts[n] / counts.sum()),
                history_seconds=world.plan.days * 86_400.0, in_breakout=n in active, rank=ranks[n],
                previous_rank=previous[n], previous_at=start + length - HOUR,
            )
            for n, film in enumerate(world.films)
        ]  # fmt: skip
        self._store.momentum.upsert(rows)
        self.rows += len(rows)

    def _ranks(self, column: Column) -> list[int]:
        scores = [self._world.update(column, number).trend_score for number in range(len(self._world.films))]
        order = sorted(range(len(scores)), key=lambda number: (-scores[number], self._world.films[number].movie_id))
        ranks = [0] * len(order)
        for place, number in enumerate(order, start=1):
            ranks[number] = place
        return ranks

    def _examples(self) -> None:
        world = self._world
        for number, film in enumerate(world.films):
            count = min(world.plan.examples, 2 + int(world.rate[number] * 600))
            self._store.mentions.upsert(
                MentionExample(
                    movie_id=film.movie_id, comment_id=f"t1_{number:x}{each:x}",
                    created_utc=world.end - timedelta(seconds=47 * each * (1 + number % 5)), subreddit="movies",
                    submission_title="What did you watch this week?",
                    permalink=f"/r/movies/comments/x/y/{number:x}{each:x}/",
                    excerpt=_EXCERPTS[each % 5].format(title=film.title), sentiment=_FEELINGS[each % 5],
                    via="thread" if each % 4 == 3 else "text",
                )
                for each in range(count)
            )  # fmt: skip
            self.rows += count

    def _figures(self) -> None:
        """Figures of a model that does not exist, so that its page has something to draw."""
        end = self._world.end
        values = {
            "mae": 3.1, "rmse": 4.4, "r2": 0.7, "skill": 0.12, "coverage": 0.8, "width": 11.0, "labels": 20_000.0,
            "mae_persistence": 3.5, "mae_ewma": 3.4, "mae_holt": 3.9, "mae_blend": 3.3,
        }  # fmt: skip
        self._store.metrics.upsert(
            ModelMetric(
                model_version="made-up-1", metric=name, horizon=horizon, at=end - number * MINUTE,
                value=value * (1 + 0.1 * math.sin(number / 20)) if name not in {"labels", "coverage"} else value,
            )
            for horizon in (1, 3, 12)
            for name, value in values.items()
            for number in range(240)
        )  # fmt: skip
        counts = {"counted": 51_000, "duplicate": 120, "late": 14, "without_film": 23_000, "dead_letter": 3}
        self._store.ledger.upsert(
            LedgerEntry(job_id="made-up", batch_id=1, category=name, count=count, at=end)
            for name, count in counts.items()
        )

    def _breakouts(self) -> None:
        world = self._world
        found = []
        for number, begin, factor in world.bursts:
            film, ended = world.films[number], begin + 2 * HOUR < world.end
            expected = float(world.rate[number] * 5)
            mentions = max(5, int(expected * factor))
            last = min(begin + 2 * HOUR, world.end)
            found.append(
                Breakout(
                    breakout_id=f"{film.movie_id}-{begin:%Y%m%dT%H%M%SZ}", movie_id=film.movie_id, title=film.title,
                    status="ended" if ended else "active", started_at=begin,
                    detected_at=begin + 5 * MINUTE, last_at=last, ended_at=last if ended else None,
                    mentions=mentions, expected=expected, p_value=1e-9,
                    peak_mentions=mentions * 2, peak_at=begin + 10 * MINUTE, total_mentions=mentions * 6,
                )
            )  # fmt: skip
        self._store.breakouts.upsert(found)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _genres(ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(GENRES[number] for number in ids if number in GENRES)


def _every(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """The multiples of `step` from `start` on, up to before `end`."""
    first = start + (EPOCH - start) % step
    count = max(0, -(-(end - first) // step))
    return [first + number * step for number in range(count)]


def _chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    known = list(values)
    return (known[begin : begin + size] for begin in range(0, len(known), size))


def prepared(settings: Settings) -> None:
    """Bring the keyspace up to date."""
    session = connect(settings, settings.startup_deadline)
    try:
        migrate(session, settings)
    finally:
        session.cluster.shutdown()


def fill(settings: Settings, plan: Plan, now: datetime) -> tuple[World, int]:
    """Load a world whose newest closed window ended three minutes before `now`; returns it and the number of rows."""
    end = now.replace(second=0, microsecond=0) - 3 * MINUTE
    prepared(settings)
    with Store.open(settings) as store:
        loader = Loader(World(plan, end, settings), store)
        loader.load()
        return loader._world, loader.rows


def follow(settings: Settings, world: World, seconds: float) -> None:
    """Close another window every so many seconds, without end."""
    with Store.open(settings) as store:
        loader = Loader(world, store)
        start = world.end - settings.trend_window_duration
        while True:
            start += MINUTE
            loader.close(start)
            time.sleep(seconds)


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api_data", description=__doc__)
    parser.add_argument("--films", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--port", type=int, required=True, help="of a Cassandra that is yours")
    parser.add_argument("--keyspace", default="made_up")
    parser.add_argument("--follow", type=float, help="seconds between further windows")
    options = parser.parse_args(arguments)
    settings = load_settings(cassandra_port=options.port, cassandra_keyspace=options.keyspace)
    began = time.monotonic()
    world, rows = fill(settings, Plan(films=options.films, days=options.days), system_clock())
    print(f"{rows:,} rows in {time.monotonic() - began:.0f} s; newest window ends {world.end:%Y-%m-%d %H:%M} UTC")
    if options.follow:
        follow(settings, world, options.follow)


if __name__ == "__main__":
    main(sys.argv[1:])
