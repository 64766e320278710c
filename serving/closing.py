"""Following the windows: which is the newest one that has closed, and what belongs to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.clock import Clock
from configs.settings import Settings
from contracts.events import Prediction, TmdbFilm, TrendUpdate
from serving.models import Sparkline
from serving.ranking import RankingBuilder
from serving.state import Ranking
from storage.records import FilmMomentum
from storage.store import Store

LOOK_BACK = 60
"""Windows of the index to look through; a watermark and a window's length hold back some seven of a minute each."""
GRACE = timedelta(seconds=8)
"""Forecasts and momentum of a window follow its close within a few seconds; so long the one before it is shown."""
LATE = timedelta(minutes=2)
"""What has not come by then is not coming: that service is down."""
SPARK_WINDOWS = 24
"""Two hours of windows of five minutes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Candidate:
    """A window that has closed, while its forecasts and its momentum are gathered."""

    rows: list[TrendUpdate]
    seen_at: datetime
    read_at: datetime
    forecasts: list[Prediction]
    momenta: list[FilmMomentum]
    shown: bool = False
    settled: bool = False

    @property
    def start(self) -> datetime:
        return self.rows[0].window_start

    def settle(self) -> None:
        """Let go of what nothing more is made from; which window it was stays known."""
        self.settled = True
        self.rows, self.forecasts, self.momenta = self.rows[:1], [], []


class ClosedWindows:
    """Finds the newest closed window with one small query a second, and reads each window's rows once."""

    def __init__(self, settings: Settings, builder: RankingBuilder, clock: Clock) -> None:
        self._settings, self._builder, self._clock = settings, builder, clock
        self._horizon = min(settings.forecast_horizons)
        self._candidate: _Candidate | None = None
        self._scores: dict[datetime, Mapping[int, float]] = {}

    @property
    def has_none(self) -> bool:
        """Whether no closed window was found so far."""
        return self._candidate is None

    def advance(
        self, store: Store, starts: Sequence[datetime], films: Callable[[Sequence[TrendUpdate]], Mapping[int, TmdbFilm]]
    ) -> Ranking | None:
        """A ranking to show when there is a new one or it knows more than before, else None.

        Args:
            store: where to read.
            starts: the newest windows, newest first.
            films: the catalogue's entries for rows.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        found = self._newest_closed(store, starts)
        now = self._clock()
        if found is not None:
            self._candidate = _Candidate(found, now, now, [], [])
        candidate = self._candidate
        if candidate is None or candidate.settled:
            return None
        grown = self._gather(store, candidate)
        age = now - candidate.seen_at
        complete = bool(candidate.forecasts) and bool(candidate.momenta) and not grown
        ranking = None
        if complete or (age > GRACE and (grown or not candidate.shown)):
            candidate.shown = True
            ranking = self._builder.build(
                candidate.rows,
                candidate.read_at,
                films=films(candidate.rows),
                forecasts=candidate.forecasts,
                momenta=candidate.momenta,
                sparklines=self._sparklines(store, candidate),
            )
        if complete or age > LATE:
            candidate.settle()
        return ranking

    def _newest_closed(self, store: Store, starts: Sequence[datetime]) -> list[TrendUpdate] | None:
        """The rows of the newest closed window that is newer than the present one."""
        current = self._candidate.start if self._candidate else None
        if current is None:
            candidates = (start for start in starts if store.trends.seems_final(start))
            return next((rows for start in candidates if (rows := _whole(store, start))), None)
        newest: datetime | None = None
        for start in sorted(start for start in starts if start > current):
            is_final = store.trends.seems_final(start)
            if is_final is False:
                break
            newest = start if is_final else newest
        return _whole(store, newest) if newest is not None else None

    def _gather(self, store: Store, candidate: _Candidate) -> bool:
        """Read what is not complete; whether there is more of it than before."""
        end = candidate.rows[0].window_end
        forecasts = store.predictions.at(end, self._horizon)
        momenta = store.momentum.window(candidate.start)
        grown = (len(forecasts), len(momenta)) != (len(candidate.forecasts), len(candidate.momenta))
        candidate.forecasts, candidate.momenta = forecasts, momenta
        if grown:
            candidate.read_at = self._clock()
        return grown

    def _sparklines(self, store: Store, candidate: _Candidate) -> dict[int, Sparkline]:
        """The scores of the last windows that follow each other without overlap, ending on whole multiples."""
        length = self._settings.trend_window_duration
        last = candidate.start - (candidate.start - _EPOCH) % length
        starts = [last - length * number for number in range(SPARK_WINDOWS - 1, -1, -1)]
        for start in starts:
            if start not in self._scores:
                self._scores[start] = store.trends.scores(start)
        self._scores = {start: self._scores[start] for start in starts}
        columns = [self._scores[start] for start in starts]
        step = int(length.total_seconds())
        return {
            row.movie_id: Sparkline(
                start=starts[0] + length,
                step_seconds=step,
                values=tuple(column.get(row.movie_id) for column in columns),
            )
            for row in candidate.rows
        }


class LiveWindow:
    """The window that ends in the present slide: the last five minutes up to now, and still growing."""

    def __init__(self, settings: Settings, builder: RankingBuilder, clock: Clock) -> None:
        self._settings, self._builder, self._clock = settings, builder, clock
        self._seen: tuple[datetime, int, int] | None = None

    def advance(
        self, store: Store, starts: Sequence[datetime], films: Callable[[Sequence[TrendUpdate]], Mapping[int, TmdbFilm]]
    ) -> Ranking | None:
        """Its ranking when it has changed, else None.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        if not starts:
            return None
        ahead = self._settings.trend_window_duration - self._settings.trend_slide_duration
        wanted = starts[0] - ahead
        start = max((start for start in starts if start <= wanted), default=starts[-1])
        rows = store.trends.window(start)
        seen = (start, len(rows), sum(row.revision for row in rows))
        if not rows or seen == self._seen:
            return None
        self._seen = seen
        return self._builder.build(rows, self._clock(), films=films(rows))


def _whole(store: Store, start: datetime) -> list[TrendUpdate] | None:
    """The rows of a window when every one of them is final."""
    rows = store.trends.window(start)
    return rows if rows and all(row.is_final for row in rows) else None
