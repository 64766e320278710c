"""The store's tables in memory, with the store's own signatures: for tests of who reads and writes them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from contracts.errors import DependencyError
from contracts.events import Breakout, Prediction, TmdbFilm, TrendUpdate
from storage.records import FilmHour, FilmMomentum, MentionExample, ModelMetric
from storage.store import Store
from storage.trends import SAMPLED


class MemoryStore:
    """Rows by natural key. `away` makes every call fail, as when Cassandra is down; `reads` counts them."""

    def __init__(self) -> None:
        self.away = False
        self.reads: list[str] = []
        self.films: dict[int, TmdbFilm] = {}
        self.rows: dict[tuple[datetime, int], TrendUpdate] = {}
        self.forecasts: dict[tuple[datetime, int, int], Prediction] = {}
        self.momenta: dict[tuple[datetime, int], FilmMomentum] = {}
        self.film_hours: dict[tuple[int, datetime], FilmHour] = {}
        self.examples: list[MentionExample] = []
        self.figures: list[ModelMetric] = []
        self.counts: dict[str, int] = {}
        self.known: dict[str, Breakout] = {}
        self.saved: tuple[datetime, bytes] | None = None
        self.movies, self.trends, self.predictions = _Movies(self), _Trends(self), _Predictions(self)
        self.mentions, self.metrics, self.ledger = _Mentions(self), _Metrics(self), _Ledger(self)
        self.momentum, self.breakouts = _Momentum(self), _Breakouts(self)

    def copy(self) -> "MemoryStore":
        """The same rows; what is put into one is not in the other."""
        other = MemoryStore()
        for name in ("films", "rows", "forecasts", "momenta", "film_hours", "examples", "figures", "counts", "known"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def as_store(self) -> Store:
        """For what asks for the real one."""
        return cast(Store, self)

    def touch(self, what: str) -> None:
        self.reads.append(what)
        if self.away:
            raise DependencyError("Cassandra did not answer")

    def put(self, *updates: TrendUpdate) -> None:
        for update in updates:
            self.rows[update.window_start, update.movie_id] = update


class _Table:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store


class _Movies(_Table):
    def all(self) -> list[TmdbFilm]:
        self._store.touch("movies.all")
        return list(self._store.films.values())

    def get(self, movie_id: int) -> TmdbFilm | None:
        self._store.touch("movies.get")
        return self._store.films.get(movie_id)


class _Trends(_Table):
    def windows(self, which: date | int) -> list[datetime]:
        self._store.touch("trends.windows")
        starts = sorted({start for start, _ in self._store.rows}, reverse=True)
        return starts[:which] if isinstance(which, int) else [start for start in starts if start.date() == which]

    def window(self, window_start: datetime) -> list[TrendUpdate]:
        self._store.touch("trends.window")
        rows = [row for (start, _), row in self._store.rows.items() if start == window_start]
        return sorted(rows, key=lambda row: (-row.trend_score, row.movie_id))

    def seems_final(self, window_start: datetime) -> bool | None:
        self._store.touch("trends.seems_final")
        rows = [row for (start, _), row in sorted(self._store.rows.items()) if start == window_start]
        return rows[0].is_final if rows else None

    def scores(self, window_start: datetime) -> dict[int, float]:
        return {row.movie_id: row.trend_score for row in self.window(window_start)}

    def sample(self, movie_id: int, window_starts: Iterable[datetime]) -> list[dict[str, Any]]:
        self._store.touch("trends.sample")
        found = [row for start in window_starts if (row := self._store.rows.get((start, movie_id)))]
        found.sort(key=lambda row: row.window_start, reverse=True)
        return [{name: getattr(row, name) for name in SAMPLED} for row in found]


class _Predictions(_Table):
    def at(self, made_at: datetime, horizon: int | None = None) -> list[Prediction]:
        self._store.touch("predictions.at")
        rows = self._store.forecasts.values()
        return [row for row in rows if row.made_at == made_at and horizon in (None, row.horizon)]

    def for_movie(self, movie_id: int, horizon: int | None = None, limit: int = 100) -> list[Prediction]:
        self._store.touch("predictions.for_movie")
        rows = [row for row in self._store.forecasts.values() if row.movie_id == movie_id]
        rows = [row for row in rows if horizon in (None, row.horizon)]
        return sorted(rows, key=lambda row: (-row.made_at.timestamp(), row.horizon))[:limit]

    def latest(self, horizon: int | None = None) -> list[Prediction]:
        self._store.touch("predictions.latest")
        made = [made_at for made_at, _, _ in self._store.forecasts]
        return self.at(max(made), horizon) if made else []


class _Mentions(_Table):
    def latest(self, movie_id: int, limit: int = 20, until: datetime | None = None) -> list[MentionExample]:
        self._store.touch("mentions.latest")
        rows = [row for row in self._store.examples if row.movie_id == movie_id]
        rows = [row for row in rows if until is None or row.created_utc < until]
        return sorted(rows, key=lambda row: row.created_utc, reverse=True)[:limit]


class _Metrics(_Table):
    def series(self, model_version: str, metric: str, horizon: int, limit: int = 1_000) -> list[ModelMetric]:
        self._store.touch("metrics.series")
        wanted = (model_version, metric, horizon)
        rows = [row for row in self._store.figures if (row.model_version, row.metric, row.horizon) == wanted]
        return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]


class _Ledger(_Table):
    def totals(self) -> dict[str, int]:
        self._store.touch("ledger.totals")
        return dict(self._store.counts)


class _Momentum(_Table):
    def upsert(self, rows: Iterable[FilmMomentum]) -> None:
        self._store.touch("momentum.upsert")
        self._store.momenta |= {(row.window_start, row.movie_id): row for row in rows}

    def window(self, window_start: datetime) -> list[FilmMomentum]:
        self._store.touch("momentum.window")
        return [row for (start, _), row in self._store.momenta.items() if start == window_start]

    def upsert_hours(self, hours: Iterable[FilmHour]) -> None:
        self._store.touch("momentum.upsert_hours")
        self._store.film_hours |= {(row.movie_id, row.hour): row for row in hours}

    def hours(self, movie_id: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
        self._store.touch("momentum.hours")
        rows = [row for (film, at), row in self._store.film_hours.items() if film == movie_id and start <= at < end]
        return [row.model_dump() for row in sorted(rows, key=lambda row: row.hour, reverse=True)]

    def save_state(self, window_start: datetime, payload: bytes) -> None:
        self._store.touch("momentum.save_state")
        self._store.saved = (window_start, payload)

    def state(self) -> tuple[datetime, bytes] | None:
        self._store.touch("momentum.state")
        return self._store.saved


class _Breakouts(_Table):
    def upsert(self, breakouts: Iterable[Breakout]) -> None:
        self._store.touch("breakouts.upsert")
        self._store.known |= {each.breakout_id: each for each in breakouts}

    def latest(self, limit: int = 100, since: datetime | None = None) -> list[Breakout]:
        self._store.touch("breakouts.latest")
        rows = [each for each in self._store.known.values() if since is None or each.started_at >= since]
        return sorted(rows, key=lambda each: each.started_at, reverse=True)[:limit]


class Wall:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def closed(rows: Sequence[TrendUpdate]) -> list[TrendUpdate]:
    """The same rows, final."""
    return [row.model_copy(update={"is_final": True}) for row in rows]
