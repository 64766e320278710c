"""The ranking's first films as metrics: what is unknown has no sample, and their number is bounded."""

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from configs.settings import Settings
from serving.film_metrics import FilmMetrics
from serving.ranking import RankingBuilder
from serving.state import Board
from tests.support.ranking import START, forecast, trend

NOW = START + timedelta(minutes=8)


def registry(films: int, top: int = 15) -> CollectorRegistry:
    """Of a board with a closed window: film 1 leads and has a forecast; the last one was never spoken of."""
    board = Board(lambda: NOW)
    found = CollectorRegistry()
    found.register(FilmMetrics(board, top))
    assert list(found.collect()) == [], "nothing is known before the store was read"
    rows = [trend(number, trend_score=90.0 - number) for number in range(1, films)]
    rows.append(trend(films, trend_score=1.0, sentiment=None, mentions=0, mentions_text=0, mentions_thread=0))
    builder = RankingBuilder(Settings(_env_file=None))
    board.put(closed=builder.build(rows, datetime.now(UTC), films={}, forecasts=[forecast(1)]), breakouts=())
    return found


def value(found: CollectorRegistry, name: str, movie_id: int, **labels: str) -> float | None:
    return found.get_sample_value(name, {"movie_id": str(movie_id), "film": f"Film {movie_id}", **labels})


def test_each_film_has_its_figures() -> None:
    found = registry(3)
    assert value(found, "trendscope_film_trend_score", 1) == 89.0
    assert value(found, "trendscope_film_rank", 2) == 2
    assert value(found, "trendscope_film_mentions", 1) == 3
    assert value(found, "trendscope_film_forecast", 1) == 44.44
    points = [value(found, "trendscope_film_points", 1, part=part) for part in ("popularity", "mentions", "sentiment")]
    assert points == [0.4 * 40, 0.3 * 35, 0.3 * 55]
    assert found.get_sample_value("trendscope_films_ranked") == 3
    assert found.get_sample_value("trendscope_breakouts_active") == 0


def test_what_is_unknown_has_no_sample() -> None:
    found = registry(3)
    assert value(found, "trendscope_film_sentiment", 3) is None
    assert value(found, "trendscope_film_mentions", 3) == 0
    assert value(found, "trendscope_film_forecast", 2) is None
    assert value(found, "trendscope_film_rank_change", 1) is None


def test_only_the_first_films_are_shown() -> None:
    found = registry(40, top=5)
    shown = [sample for family in found.collect() for sample in family.samples if sample.name == "trendscope_film_rank"]
    assert sorted(sample.value for sample in shown) == [1, 2, 3, 4, 5]
    assert found.get_sample_value("trendscope_films_ranked") == 40
