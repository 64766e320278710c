"""A seeded world in Cassandra: films, four hours of windows that end now, a week of hours, comments, forecasts.

The figures obey the platform's own definitions, so that what the pages add up does add up.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from contracts.events import Breakout, Prediction, TmdbFilm, TrendUpdate
from storage.records import FilmHour, FilmMomentum, LedgerEntry, MentionExample, ModelMetric
from storage.store import Store

MINUTE = timedelta(minutes=1)
WINDOW = 5
"""Minutes of a window."""
OPEN = 7
"""Windows that have begun and are not closed: those of the watermark's delay, and those that end in the future."""
HOURS = 4
"""Hours of single windows."""
DAYS = 7
"""Days of hours summed up."""
HORIZONS = (1, 3, 12)
VERSION = "3"

TITLES = (
    ("Dune: Part Two", 2024, "Science Fiction", "en"),
    ("Nope", 2022, "Horror", "en"),
    ("Parasite", 2019, "Thriller", "ko"),
    ("Everything Everywhere All at Once", 2022, "Comedy", "en"),
    ("Heat", 1995, "Crime", "en"),
    ("Spirited Away", 2001, "Animation", "ja"),
    ("The Brutalist", 2024, "Drama", "en"),
    ("Sinners", 2025, "Horror", "en"),
    ("Anora", 2024, "Comedy", "en"),
    ("Past Lives", 2023, "Romance", "en"),
    ("Portrait of a Lady on Fire", 2019, "Romance", "fr"),
    ("Mad Max: Fury Road", 2015, "Action", "en"),
    ("Arrival", 2016, "Science Fiction", "en"),
    ("The Zone of Interest", 2023, "Drama", "de"),
    ("Wicked: For Good", 2025, "Music", "en"),
    ("Zootopia 2", 2025, "Animation", "en"),
    ("Avatar: Fire and Ash", 2026, "Science Fiction", "en"),
    ("Challengers", 2024, "Drama", "en"),
    ("Her", 2013, "Romance", "en"),
    ("Up", 2009, "Animation", "en"),
    ("Killers of the Flower Moon", 2023, "Crime", "en"),
    ("Oldboy", 2003, "Thriller", "ko"),
    ("Get Out", 2017, "Horror", "en"),
    ("Amélie", 2001, "Comedy", "fr"),
    ("No Country for Old Men", 2007, "Crime", "en"),
    ("The Social Network", 2010, "Drama", "en"),
    ("Perfect Days", 2023, "Drama", "ja"),
    ("Alien", 1979, "Horror", "en"),
    ("Blade Runner 2049", 2017, "Science Fiction", "en"),
    ("Whiplash", 2014, "Drama", "en"),
    ("Conclave", 2024, "Thriller", "en"),
    ("Decision to Leave", 2022, "Romance", "ko"),
    ("The Substance", 2024, "Horror", "en"),
    ("Moonlight", 2016, "Drama", "en"),
    ("RRR", 2022, "Action", "te"),
    ("Flow", 2024, "Animation", "lv"),
    ("Paddington 2", 2017, "Family", "en"),
    ("The Lighthouse", 2019, "Horror", "en"),
    ("Aftersun", 2022, "Drama", "en"),
    ("Superman", 2026, "Action", "en"),
)
BURSTING = 8
"""Number of the film that breaks out: Sinners."""
HOURLY = (1, 8)
"""Films with hours."""
HOSTILE = 1
"""Number of the film whose comments attack the page: Dune."""
TALKED_OF = 4
"""Number of the film with more comments than a page of them may hold."""

COMMENTS = (
    ("Saw it in IMAX last night and I am still shaking. The sound alone is worth the ticket.", 0.62),
    ("Honestly thought it was overlong, the middle hour drags badly.", -0.54),
    ("The score does half of the acting here, and I mean that as praise.", 0.41),
    ("Is it on streaming yet?", 0.0),
    ("Third rewatch. The ending works better every single time.", 0.48),
    ("Not for me. Gorgeous pictures, no heart at all.", -0.31),
    ("People will be talking about this one in ten years.", 0.12),
    ("My dad cried. My dad never cries.", -0.44),
)
ATTACKS = (
    "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>",
    "</blockquote></li><h1>owned</h1><style>body{display:none}</style>",
    "\u202ereversed \u0000 text {{constructor.constructor('window.hacked=3')()}} ${window.hacked=4}",
    '"><svg onload=window.hacked=5><a href="javascript:window.hacked=6">click</a>',
    "A" * 4_000,
)


@dataclass(frozen=True)
class World:
    """What was written, for tests to compare with."""

    closed_end: datetime
    """End of the newest closed window."""
    films: tuple[TmdbFilm, ...]


def floor_minute(instant: datetime) -> datetime:
    """The whole minute before."""
    return instant.replace(second=0, microsecond=0)


def films(now: datetime) -> tuple[TmdbFilm, ...]:
    """The catalogue, as polled some minutes ago."""
    chance = random.Random(11)
    return tuple(
        TmdbFilm(
            movie_id=number,
            title=title,
            original_title=title,
            original_language=language,
            alternative_titles=("Dune 2",) if title.startswith("Dune") else (),
            release_date=date(year, 3, 1),
            year=year,
            genres=(genre, "Drama") if genre != "Drama" else (genre,),
            overview=f"What happens in {title}, in two sentences. It matters.",
            popularity=round(math.exp(chance.uniform(2.2, 6.2)), 1) if number != len(TITLES) else None,
            vote_average=round(chance.uniform(5.8, 8.6), 1),
            vote_count=chance.randint(400, 20_000),
            poster_path=f"/poster{number}.jpg",
            trending_rank=number if number <= 20 else None,
            fetched_at=now - timedelta(minutes=4),
        )
        for number, (title, year, genre, language) in enumerate(TITLES, start=1)
    )


def part(value: float, reference: float) -> float:
    """P or M of the TrendScore."""
    return 100 * min(1.0, math.log1p(value) / math.log1p(reference))


def per_minute(number: int, minutes: int) -> list[tuple[int, int, int]]:
    """Positive, neutral and negative comments about a film in each minute, the last one first."""
    chance = random.Random(number)
    base, mood = 3.2 / (1 + 0.55 * number) + 0.02, chance.uniform(0.25, 0.7)
    found = []
    for ago in range(minutes):
        rate = base * (1 + 0.45 * math.sin((ago + 37 * number) / 190)) * (1 + 0.3 * math.sin((ago + number) / 23))
        if number == BURSTING and ago < 55:
            rate += 5.5 * math.exp(-ago / 60)
        n = sum(chance.random() < rate / 8 for _ in range(8))
        kinds = [chance.random() for _ in range(n)]
        positive, negative = sum(kind < mood for kind in kinds), sum(kind > mood + 0.2 for kind in kinds)
        found.append((positive, n - positive - negative, negative))
    return found


def update(
    film: TmdbFilm, counts: list[tuple[int, int, int]], start: datetime, end: datetime, *, final: bool
) -> TrendUpdate:
    """The row of one window from its minutes."""
    positive, neutral, negative = (sum(minute[kind] for minute in counts) for kind in range(3))
    mentions = positive + neutral + negative
    total = 0.5 * positive - 0.45 * negative
    p = part(film.popularity, 500) if film.popularity is not None else 0.0
    m, s = part(mentions, 50), 50 * (1 + total / (mentions + 5))
    return TrendUpdate(
        movie_id=film.movie_id,
        title=film.title,
        window_start=start,
        window_end=end,
        popularity=film.popularity,
        popularity_observed_at=film.fetched_at if film.popularity is not None else None,
        trending_rank=film.trending_rank,
        mentions=mentions,
        mentions_text=mentions - mentions // 4,
        mentions_thread=mentions // 4,
        sentiment=total / mentions if mentions else None,
        sentiment_sum=total,
        positive=positive,
        neutral=neutral,
        negative=negative,
        popularity_part=p,
        mentions_part=m,
        sentiment_part=s,
        trend_score=0.4 * p + 0.3 * m + 0.3 * s,
        revision=9 if final else 3,
        is_final=final,
        processed_at=end + timedelta(seconds=121),
    )


def updates(film: TmdbFilm, closed_end: datetime) -> list[TrendUpdate]:
    """A film's closed windows, the newest first, after the open ones."""
    counts = per_minute(film.movie_id, HOURS * 60 + WINDOW + OPEN)
    newest = closed_end + OPEN * MINUTE
    found = []
    for ago in range(HOURS * 60):
        end = newest - ago * MINUTE
        found.append(update(film, counts[ago : ago + WINDOW], end - WINDOW * MINUTE, end, final=end <= closed_end))
    return found


def predictions(film: TmdbFilm, rows: list[TrendUpdate]) -> Iterator[Prediction]:
    """Forecasts of the last hour for each horizon, with outcomes where the target has closed."""
    chance = random.Random(film.movie_id + 500)
    by_end = {row.window_end: row for row in rows if row.is_final}
    for row in [row for row in rows if row.is_final][:75]:
        for horizon in HORIZONS:
            target = row.window_end + horizon * WINDOW * MINUTE
            outcome = by_end.get(target)
            width = 4 + 1.6 * math.sqrt(horizon)
            guess = min(
                96.0,
                max(
                    2.0,
                    row.trend_score
                    + chance.gauss(0, 1.2)
                    + 0.25 * ((outcome.trend_score if outcome else row.trend_score) - row.trend_score),
                ),
            )
            yield Prediction(
                movie_id=film.movie_id,
                title=film.title,
                made_at=row.window_end,
                horizon=horizon,
                target_window_start=target - WINDOW * MINUTE,
                target_window_end=target,
                current=row.trend_score,
                predicted=guess,
                lower=max(0.0, guess - width),
                upper=min(100.0, guess + width),
                baselines={
                    "persistence": row.trend_score,
                    "ewma": 0.7 * row.trend_score + 0.3 * guess,
                    "holt": guess + 1.5,
                    "blend": row.trend_score - 1,
                },
                model_version=VERSION,
                actual=outcome.trend_score if outcome else None,
                error=guess - outcome.trend_score if outcome else None,
            )


def momenta(rows: dict[int, list[TrendUpdate]], closed_end: datetime) -> list[FilmMomentum]:
    """How much each film is spoken of in the newest closed window, against its own normal."""
    hour = {number: sum(row.mentions for row in each[OPEN : OPEN + 60 : WINDOW]) for number, each in rows.items()}
    order = sorted(rows, key=lambda number: -rows[number][OPEN].trend_score)
    found = []
    for rank, number in enumerate(order, start=1):
        expected = 55 * (3.2 / (1 + 0.55 * number) + 0.02)
        found.append(
            FilmMomentum(
                movie_id=number,
                window_start=closed_end - WINDOW * MINUTE,
                window_end=closed_end,
                mentions=hour[number],
                span_seconds=3_600,
                expected=expected,
                growth=(hour[number] + 4) / (expected + 4),
                share_of_voice=hour[number] / (sum(hour.values()) or 1),
                history_seconds=DAYS * 86_400.0,
                in_breakout=number == BURSTING,
                rank=rank,
                previous_rank=None if number % 11 == 0 else max(1, rank + (number * 7) % 9 - 4),
                previous_at=None if number % 11 == 0 else closed_end - 60 * MINUTE,
            )
        )
    return found


def hours(film: TmdbFilm, closed_end: datetime) -> Iterator[FilmHour]:
    """A week of hours of a film."""
    last = closed_end.replace(minute=0)
    minutes = per_minute(film.movie_id, DAYS * 24 * 60)
    for ago in range(1, DAYS * 24):
        counts = minutes[ago * 60 - 60 : ago * 60]
        row = update(film, counts, last - ago * 60 * MINUTE, last - (ago - 1) * 60 * MINUTE, final=True)
        yield FilmHour(
            movie_id=film.movie_id,
            hour=row.window_start,
            until=row.window_end,
            windows=12,
            trend_score=row.trend_score,
            popularity_part=row.popularity_part,
            mentions_part=row.mentions_part,
            sentiment_part=row.sentiment_part,
            mentions=row.mentions,
            sentiment_sum=row.sentiment_sum,
            positive=row.positive,
            neutral=row.neutral,
            negative=row.negative,
        )


def examples(film: TmdbFilm, closed_end: datetime) -> Iterator[MentionExample]:
    """Some comments about a film; the hostile ones among them."""
    chance = random.Random(film.movie_id + 900)
    texts = {
        HOSTILE: [*((text, 0.7) for text in ATTACKS), *COMMENTS[:2]],
        TALKED_OF: list(COMMENTS) * 14,
    }.get(film.movie_id) or chance.sample(COMMENTS, 6)
    for number, (text, feeling) in enumerate(texts):
        yield MentionExample(
            movie_id=film.movie_id,
            comment_id=f"t1_{film.movie_id}_{number}",
            created_utc=closed_end - timedelta(minutes=3 * number, seconds=17),
            subreddit="movies",
            submission_title=f"Official Discussion: {film.title}",
            permalink=f"/r/movies/comments/x{film.movie_id}/y/{number}/",
            excerpt=text,
            sentiment=feeling,
            via="thread" if number % 3 == 1 else "text",
        )


def metrics(closed_end: datetime) -> Iterator[ModelMetric]:
    """The course of each figure of the model over two hours."""
    for horizon in HORIZONS:
        for ago in range(120):
            drift = 0.04 * math.sin(ago / 17 + horizon)
            mae = 2.1 + 0.9 * math.log1p(horizon) + drift * 4
            skill = 0.11 - 0.02 * math.log1p(horizon) - drift
            values = {
                "mae": mae,
                "rmse": mae * 1.35,
                "r2": 0.83 - 0.05 * horizon / 3,
                "skill": skill,
                "coverage": 0.81 + drift / 2,
                "width": 11 + 2 * horizon / 3,
                "labels": 4_000.0 - 30 * ago,
                "mae_persistence": mae / (1 - skill),
                "mae_ewma": mae * 1.06,
                "mae_holt": mae * 1.21,
                "mae_blend": mae * 1.4,
            }
            for name, value in values.items():
                yield ModelMetric(
                    model_version=VERSION, metric=name, horizon=horizon, at=closed_end - ago * MINUTE, value=value
                )


HAPPENED = {"drift": (95, 1.8), "promotion": (40, 0.93), "contest": (20, 1.01), "data_drift": (12, 0.25)}
"""What happened to the forecaster: minutes ago, and its value."""


def events(closed_end: datetime) -> Iterator[ModelMetric]:
    """The marks on its charts."""
    for kind, (ago, value) in HAPPENED.items():
        yield ModelMetric(model_version="events", metric=kind, horizon=1, at=closed_end - ago * MINUTE, value=value)


def breakouts(closed_end: datetime, catalogue: tuple[TmdbFilm, ...]) -> list[Breakout]:
    """One that goes on, and two that have ended."""

    def entry(number: int, began: int, ended: int | None, mentions: int, expected: float) -> Breakout:
        start = closed_end - began * MINUTE
        last = closed_end if ended is None else closed_end - ended * MINUTE
        return Breakout(
            breakout_id=f"{number}-{int(start.timestamp())}",
            movie_id=number,
            title=catalogue[number - 1].title,
            status="ended" if ended else "active",
            started_at=start,
            detected_at=start + 5 * MINUTE,
            last_at=last,
            ended_at=last if ended else None,
            mentions=mentions,
            expected=expected,
            p_value=2.4e-9,
            peak_mentions=mentions + 9,
            peak_at=start + 20 * MINUTE,
            total_mentions=mentions * 7,
        )

    return [entry(BURSTING, 55, None, 27, 2.1), entry(15, 340, 250, 19, 3.2), entry(3, 1_300, 1_190, 14, 2.8)]


def build(store: Store, now: datetime | None = None) -> World:
    """Write the world; the newest closed window ended about three minutes before `now`."""
    present = now or datetime.now(UTC)
    closed_end = floor_minute(present) - 3 * MINUTE
    catalogue = films(present)
    store.movies.upsert(catalogue)
    rows = {film.movie_id: updates(film, closed_end) for film in catalogue}
    store.predictions.upsert([forecast for film in catalogue for forecast in predictions(film, rows[film.movie_id])])
    store.metrics.upsert([*metrics(closed_end), *events(closed_end)])
    store.mentions.upsert([mention for film in catalogue for mention in examples(film, closed_end)])
    store.breakouts.upsert(breakouts(closed_end, catalogue))
    store.momentum.upsert(momenta(rows, closed_end))
    store.momentum.upsert_hours(
        [hour for film in catalogue if film.movie_id in HOURLY for hour in hours(film, closed_end)]
    )
    store.ledger.upsert(
        LedgerEntry(job_id="job", batch_id=0, category=category, count=count, at=closed_end)
        for category, count in (
            ("counted", 9_120),
            ("without_film", 31_404),
            ("duplicate", 212),
            ("late", 37),
            ("dead_letter", 3),
        )
    )
    store.trends.upsert([row for each in rows.values() for row in each])
    return World(closed_end, catalogue)


def close_window(store: Store, world: World, leader: int) -> datetime:
    """Close the window after the newest one, with one film far ahead; returns its end."""
    end = world.closed_end + MINUTE
    start = end - WINDOW * MINUTE
    closed = []
    for film in world.films:
        row = update(film, per_minute(film.movie_id, WINDOW), start, end, final=True)
        if film.movie_id == leader:
            full = {"popularity_part": 100.0, "mentions_part": 100.0, "sentiment_part": 100.0, "trend_score": 100.0}
            row = row.model_copy(update=full)
        closed.append(row)
    rows = {row.movie_id: [row] * (OPEN + 60) for row in closed}
    store.momentum.upsert(momenta(rows, end))
    store.predictions.upsert([next(predictions(film, rows[film.movie_id])) for film in world.films])
    store.trends.upsert(closed)
    return end
