"""What is read from the store for one request about films."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from configs.settings import Settings
from contracts.events import Prediction
from serving import models, views
from serving.history import Span, read_points
from serving.ranking import RankingBuilder
from serving.state import Board
from storage.records import MentionExample
from storage.store import Store

_REDDIT = "https://www.reddit.com"
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond these nothing is known; a span is moved to them, so that no arithmetic leaves the calendar."""
WAITING = 3
"""Window lengths after its target's end until a forecast's outcome is stored: the watermark and some slides."""


class Which(StrEnum):
    """Which of the newest windows."""

    CLOSED = "closed"
    LIVE = "live"


def end_of(board: Board, end: datetime | None) -> datetime:
    """Where a span ends: where asked for, else at the newest window's end."""
    if end is not None:
        return known(end)
    newest = board.state.live or board.state.closed
    return newest.window.end if newest else board.now()


def known(moment: datetime) -> datetime:
    """The moment, or the end of the calendar it lies beyond."""
    return min(max(moment, _EARLIEST), _LATEST)


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer whose JSON is made already."""

    source: models.Provenance
    raw: str

    def model_dump_json(self) -> str:
        """The JSON."""
        return self.raw


def history(  # noqa: PLR0913 - one request
    board: Board, settings: Settings, store: Store, *, movie_id: int, title: str, span: Span
) -> Ready:
    """A film's course, as `models.History`.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    points = read_points(store, movie_id, span, settings)
    answer = models.History(
        source=board.provenance(points.last, board.now()),
        movie_id=movie_id,
        title=title,
        start=span.start,
        end=span.end,
        resolution=span.resolution,
        step_seconds=int(span.step.total_seconds()),
        points=(),
    )
    return Ready(answer.source, points.within(answer.model_dump_json().encode()).decode())


def forecast(  # noqa: PLR0913 - one request
    board: Board,
    builder: RankingBuilder,
    settings: Settings,
    store: Store,
    *,
    movie_id: int,
    title: str,
    horizon: int | None,
    past: int,
) -> models.MovieForecast:
    """A film's newest forecasts, and earlier ones whose outcome is known.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    horizons = len(settings.forecast_horizons)
    newest = store.predictions.for_movie(movie_id, limit=horizons)
    made_at = newest[0].made_at if newest else None
    current = [each for each in newest if each.made_at == made_at]
    nearest = horizon or min(settings.forecast_horizons)
    known = _settled(store, settings, movie_id, nearest, past) if past else []
    return models.MovieForecast(
        source=board.provenance(made_at, board.now()),
        movie_id=movie_id,
        title=title,
        current=tuple(builder.forecast(each) for each in sorted(current, key=lambda each: each.horizon)),
        past=tuple(builder.forecast(each) for each in known),
        events=_events_since(board, known[-1].made_at if known else made_at),
    )


def _events_since(board: Board, since: datetime | None) -> tuple[models.ModelEvent, ...]:
    """What happened to the forecaster, newest first."""
    figures = board.state.figures
    if figures is None or since is None:
        return ()
    return tuple(event for event in figures.events if event.at >= since)


def _settled(store: Store, settings: Settings, movie_id: int, horizon: int, past: int) -> list[Prediction]:
    """The newest forecasts with an outcome: those made too recently to have one are read past."""
    slides = settings.trend_window_duration // settings.trend_slide_duration
    rows = store.predictions.for_movie(movie_id, horizon, limit=past + (horizon + WAITING) * slides)
    return [row for row in rows if row.actual is not None][:past]


def mentions(  # noqa: PLR0913 - one request
    board: Board,
    store: Store,
    *,
    movie_id: int,
    title: str,
    via: models.Via | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> models.MovieMentions:
    """Example comments, newest first; the total is that of the newest 500, or of the last 500 before `until`.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    found = store.mentions.latest(movie_id, 500, until)
    rows = [row for row in found if via is None or row.via == via]
    given = {"via": via, "until": until.isoformat() if until else None}
    query = {name: value for name, value in given.items() if value}
    return models.MovieMentions(
        source=board.provenance(rows[0].created_utc if rows else None, board.now()),
        movie_id=movie_id,
        title=title,
        page=views.page_of(f"/api/v1/movies/{movie_id}/mentions", query, len(rows), limit, offset),
        mentions=tuple(_mention(row) for row in rows[offset : offset + limit]),
    )


def _mention(row: MentionExample) -> models.Mention:
    return models.Mention(
        comment_id=row.comment_id,
        created_utc=row.created_utc,
        subreddit=row.subreddit,
        submission_title=row.submission_title,
        url=link_of(row.permalink),
        excerpt=row.excerpt,
        sentiment=row.sentiment,
        via=row.via,
    )


def link_of(permalink: str | None) -> str | None:
    """The comment's address; None for anything but a path at Reddit, whatever a source claims."""
    return f"{_REDDIT}{permalink}" if permalink and permalink.startswith("/r/") else None


def compare(board: Board, settings: Settings, store: Store, *, titles: Mapping[int, str], span: Span) -> Ready:
    """Films over the same span, as `models.Comparison`; as of the window their figures side by side are of.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    closed = board.state.closed
    window = closed.window if closed else None
    films = []
    for movie_id, title in titles.items():
        trend = closed.by_id.get(movie_id) if closed else None
        points = read_points(store, movie_id, span, settings)
        film = models.Compared(movie_id=movie_id, title=title, trend=trend, points=())
        films.append(points.within(film.model_dump_json().encode()))
    answer = models.Comparison(
        source=board.provenance(window.end if window else None, board.now()),
        window=window,
        start=span.start,
        end=span.end,
        resolution=span.resolution,
        step_seconds=int(span.step.total_seconds()),
        films=(),
    )
    raw = answer.model_dump_json().encode().replace(b'"films":[]', b'"films":[' + b",".join(films) + b"]", 1)
    return Ready(answer.source, raw.decode())
