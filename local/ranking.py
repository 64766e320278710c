"""The ranking of one window as people read it: films with their TrendScore, its parts and their forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table

from contracts.events import Prediction, TrendUpdate
from storage.store import Store

_LOOK_BACK = 30
"""Windows to look through for one that has closed: the watermark's delay and a slide hold back a few, not more."""
FORECAST_HORIZON = 1
"""One window length ahead: the nearest forecast whose window does not overlap the ranking's."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One window's films, best first, each with the forecast made at the window's end (None: not made)."""

    window_start: datetime
    window_end: datetime
    is_final: bool
    """No later revision follows for any of its rows."""
    films: int
    """All films of the window, of which `rows` are the first."""
    rows: tuple[tuple[TrendUpdate, Prediction | None], ...]

    @property
    def has_forecasts(self) -> bool:
        """Whether any of its films has one."""
        return any(forecast is not None for _, forecast in self.rows)


def is_final(rows: Sequence[TrendUpdate]) -> bool:
    """Whether a window has rows and all are final."""
    return bool(rows) and all(row.is_final for row in rows)


def latest_ranking(store: Store, count: int = 10, *, live: bool = False) -> Ranking | None:
    """The ranking of the newest window that has closed; None when there is none yet.

    A window that has just closed has no forecasts for a second or two; the one before it is shown until then.

    Args:
        store: where to read.
        count: how many films.
        live: take the newest window that has begun, whose figures still grow.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    newest: Ranking | None = None
    for start in store.trends.windows(_LOOK_BACK):
        rows = store.trends.window(start)
        if not rows or not (live or is_final(rows)):
            continue
        ranking = _ranking(store, rows, count)
        if live or ranking.has_forecasts:
            return ranking
        if newest is not None:
            break
        newest = ranking
    return newest


def _ranking(store: Store, rows: list[TrendUpdate], count: int) -> Ranking:
    end = rows[0].window_end
    forecasts = {forecast.movie_id: forecast for forecast in store.predictions.at(end, FORECAST_HORIZON)}
    return Ranking(
        window_start=rows[0].window_start,
        window_end=end,
        is_final=is_final(rows),
        films=len(rows),
        rows=tuple((row, forecasts.get(row.movie_id)) for row in rows[:count]),
    )


def sentiment_text(row: TrendUpdate) -> str:
    """The mean with its n; a dash when nobody said anything."""
    return "-" if row.sentiment is None else f"{row.sentiment:+.2f} n={row.mentions}"


def forecast_text(forecast: Prediction | None) -> str:
    """The forecast with its interval; a dash when none was made."""
    if forecast is None:
        return "-"
    return f"{forecast.predicted:.1f} [{forecast.lower:.0f}, {forecast.upper:.0f}]"


_FIGURES_WIDTH = 58
"""Columns that the figures and the lines between them take at most."""


def table_of(ranking: Ranking, now: datetime, width: int = 80) -> Table:
    """The ranking as a table of at most `width` columns (80 or more); `now` gives the window's age.

    A title gives way to the figures.
    """
    age = max(0, int((now - ranking.window_end).total_seconds()))
    state = "closed" if ranking.is_final else "open, figures still grow"
    table = Table(
        title=f"Films trending {ranking.window_start:%Y-%m-%d %H:%M} to {ranking.window_end:%H:%M} UTC "
        f"({state}; {age // 60} min {age % 60} s ago)",
        caption=f"{len(ranking.rows)} of {ranking.films} films; parts: P popularity, M mentions, S sentiment "
        "(mean, n); forecast: the TrendScore of the next window, with its interval",
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Film", overflow="ellipsis", no_wrap=True, max_width=width - _FIGURES_WIDTH)
    for name in ("Score", "P", "M", "S", "Ment.", "Sentiment", "Forecast"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for place, (row, forecast) in enumerate(ranking.rows, start=1):
        table.add_row(
            str(place),
            row.title,
            f"{row.trend_score:.1f}",
            "?" if row.popularity is None else f"{row.popularity_part:.0f}",
            f"{row.mentions_part:.0f}",
            f"{row.sentiment_part:.0f}",
            str(row.mentions),
            sentiment_text(row),
            forecast_text(forecast),
        )
    return table
