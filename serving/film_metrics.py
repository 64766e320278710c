"""The first films of the ranking as Prometheus metrics, for charts over time: a bounded number of series at any moment.

What is not known (no mention, so no mean sentiment; no earlier rank) has no sample. Nothing is shown of a ranking that
was never read.
"""

from collections.abc import Callable, Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from serving.models import TrendingFilm
from serving.state import Board, Ranking

TOP = 15
"""Films shown: with some ten figures each, 150 series at a time; Prometheus forgets those of films that left."""

_LABELS = ("movie_id", "film")
_Figure = Callable[[TrendingFilm], float | None]


def _growth(film: TrendingFilm) -> float | None:
    return film.momentum.growth if film.momentum else None


def _forecast(film: TrendingFilm) -> float | None:
    return film.forecast.predicted if film.forecast else None


_FIGURES: tuple[tuple[str, str, _Figure], ...] = (
    ("trend_score", "TrendScore of the newest closed window", lambda film: film.trend_score),
    ("rank", "Place by TrendScore", lambda film: film.rank),
    ("rank_change", "Places gained in about an hour", lambda film: film.rank_move.change if film.rank_move else None),
    ("mentions", "Comments of the window that mean the film", lambda film: film.mentions.count),
    ("sentiment", "Mean compound of the window's mentions, -1 to 1", lambda film: film.sentiment.mean),
    ("popularity", "TMDB's popularity", lambda film: film.popularity.value),
    ("growth", "Mentions against the film's own normal, 1 is normal", _growth),
    ("forecast", "TrendScore forecast for the next window", _forecast),
)  # fmt: skip


class FilmMetrics(Collector):
    """Reads the board at each scrape."""

    def __init__(self, board: Board, top: int = TOP) -> None:
        """`top` films of the newest closed window are shown."""
        self._board = board
        self._top = top

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry must not ask for samples when this is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges of the newest closed window, and of the breakouts."""
        state = self._board.state
        if state.closed is not None:
            yield from self._films(state.closed)
        if state.breakouts is not None:
            active = sum(breakout.status == "active" for breakout in state.breakouts)
            yield GaugeMetricFamily("trendscope_breakouts_active", "Breakouts that have not ended", value=active)

    def _films(self, ranking: Ranking) -> Iterator[GaugeMetricFamily]:
        films = sorted(ranking.films, key=lambda film: film.rank)[: self._top]
        for name, text, figure in _FIGURES:
            family = GaugeMetricFamily(f"trendscope_film_{name}", text, labels=_LABELS)
            for film in films:
                if (value := figure(film)) is not None:
                    family.add_metric(_names(film), value)
            yield family
        yield _points(films)
        yield GaugeMetricFamily("trendscope_films_ranked", "Films of the window", value=len(ranking.films))


def _points(films: list[TrendingFilm]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "trendscope_film_points", "What each part adds to the TrendScore", labels=(*_LABELS, "part")
    )
    for film in films:
        for part in ("popularity", "mentions", "sentiment"):
            family.add_metric((*_names(film), part), getattr(film.parts, part).points)
    return family


def _names(film: TrendingFilm) -> tuple[str, str]:
    return str(film.movie_id), film.title


def show_films(board: Board) -> None:
    """Add them to the process's metrics."""
    REGISTRY.register(FilmMetrics(board))
