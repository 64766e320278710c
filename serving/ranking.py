"""From the store's rows to the ranking people see."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from configs.settings import Settings
from contracts.events import Prediction, TmdbFilm, TrendUpdate
from serving import models
from serving.state import Ranking
from storage.records import FilmMomentum


class Weights:
    """The three weights of a TrendScore, normalised."""

    def __init__(self, settings: Settings) -> None:
        total = settings.w1_popularity + settings.w2_mentions + settings.w3_sentiment
        self.popularity = settings.w1_popularity / total
        self.mentions = settings.w2_mentions / total
        self.sentiment = settings.w3_sentiment / total

    def parts(self, row: TrendUpdate) -> models.Parts:
        """The additive breakdown of a row's score."""
        return models.Parts(
            popularity=_part(row.popularity_part, self.popularity),
            mentions=_part(row.mentions_part, self.mentions),
            sentiment=_part(row.sentiment_part, self.sentiment),
        )


def _part(value: float, weight: float) -> models.Part:
    return models.Part(value=value, weight=weight, points=min(100.0, value * weight))


class RankingBuilder:
    """Joins what is known of a window's films."""

    def __init__(self, settings: Settings) -> None:
        self._weights = Weights(settings)
        self._coverage = settings.forecast_coverage

    def build(  # noqa: PLR0913 - one window's tables, each named
        self,
        rows: Sequence[TrendUpdate],
        read_at: datetime,
        *,
        films: Mapping[int, TmdbFilm],
        forecasts: Iterable[Prediction] = (),
        momenta: Iterable[FilmMomentum] = (),
        sparklines: Mapping[int, models.Sparkline] | None = None,
    ) -> Ranking:
        """The ranking of one window; `rows` are by score, the best first, and not empty."""
        by_film = {each.movie_id: each for each in forecasts}
        momentum = {each.movie_id: each for each in momenta}
        sparks = sparklines or {}
        first = rows[0]
        window = models.Window(
            start=first.window_start, end=first.window_end, is_final=all(row.is_final for row in rows)
        )
        ranked = tuple(
            self._film(
                row,
                rank=place,
                film=films.get(row.movie_id),
                forecast=by_film.get(row.movie_id),
                momentum=momentum.get(row.movie_id),
                sparkline=sparks.get(row.movie_id),
            )
            for place, row in enumerate(rows, start=1)
        )
        return Ranking(window=window, films=ranked, read_at=read_at)

    def forecast(self, prediction: Prediction) -> models.Forecast:
        """A forecast as the API shows it."""
        return models.Forecast(
            horizon=prediction.horizon,
            made_at=prediction.made_at,
            target_start=prediction.target_window_start,
            target_end=prediction.target_window_end,
            current=prediction.current,
            predicted=prediction.predicted,
            lower=prediction.lower,
            upper=prediction.upper,
            coverage=self._coverage,
            model_version=prediction.model_version,
            baselines=prediction.baselines,
            actual=prediction.actual,
            error=prediction.error,
        )

    def _film(  # noqa: PLR0913 - what is known of one film
        self,
        row: TrendUpdate,
        *,
        rank: int,
        film: TmdbFilm | None,
        forecast: Prediction | None,
        momentum: FilmMomentum | None,
        sparkline: models.Sparkline | None,
    ) -> models.TrendingFilm:
        return models.TrendingFilm(
            movie_id=row.movie_id,
            title=row.title,
            rank=rank,
            rank_move=_move(momentum),
            year=year_of(film),
            release_date=film.release_date if film else None,
            genres=film.genres if film else (),
            language=film.original_language if film else None,
            poster_path=film.poster_path if film else None,
            trend_score=row.trend_score,
            parts=self._weights.parts(row),
            popularity=models.Popularity(
                value=row.popularity, as_of=row.popularity_observed_at, trending_rank=row.trending_rank
            ),
            mentions=models.Mentions(count=row.mentions, text=row.mentions_text, thread=row.mentions_thread),
            sentiment=models.Sentiment(
                mean=row.sentiment, n=row.mentions, positive=row.positive, neutral=row.neutral, negative=row.negative
            ),
            momentum=_momentum(momentum),
            forecast=self.forecast(forecast) if forecast else None,
            sparkline=sparkline,
        )


def year_of(film: TmdbFilm | None) -> int | None:
    """The year of release, None when it is not known."""
    if film is None:
        return None
    return film.release_date.year if film.release_date else film.year


def _move(momentum: FilmMomentum | None) -> models.RankMove | None:
    if momentum is None or momentum.previous_rank is None or momentum.previous_at is None:
        return None
    return models.RankMove(
        previous=momentum.previous_rank,
        change=momentum.previous_rank - momentum.rank,
        since=momentum.previous_at,
    )


def _momentum(row: FilmMomentum | None) -> models.Momentum | None:
    if row is None:
        return None
    return models.Momentum(
        as_of=row.window_end,
        mentions=row.mentions,
        span_seconds=row.span_seconds,
        expected=row.expected,
        growth=row.growth,
        share_of_voice=row.share_of_voice,
        history_seconds=row.history_seconds,
        in_breakout=row.in_breakout,
    )
