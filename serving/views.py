"""Answers made from the state alone."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from configs.settings import Settings
from contracts.events import Breakout
from serving import models, platform_models
from serving.problems import NotFoundError, NotLoadedError
from serving.query import Filters, Order, Sort, select
from serving.ranking import year_of
from serving.state import Board, Catalogue, Ranking, freshness

STREAM_FILMS = 20
"""Films in an event of the stream: a first page."""


def catalogue_of(board: Board) -> Catalogue:
    """The catalogue.

    Raises:
        NotLoadedError: it was not read yet.
    """
    if board.state.catalogue is None:
        raise NotLoadedError
    return board.state.catalogue


def page_of(path: str, query: Mapping[str, object], total: int, limit: int, offset: int) -> models.Page:
    """Where in a list this is; `query` are the parameters besides limit and offset."""
    later = offset + limit
    following = urlencode({**query, "limit": limit, "offset": later})
    return models.Page(total=total, limit=limit, offset=offset, next=f"{path}?{following}" if later < total else None)


def trending(  # noqa: PLR0913 - the parameters of a request
    board: Board,
    ranking: Ranking | None,
    *,
    filters: Filters | None = None,
    sort: Sort = Sort.SCORE,
    order: Order = Order.DESC,
    limit: int = STREAM_FILMS,
    offset: int = 0,
    query: Mapping[str, object] | None = None,
) -> models.Trending:
    """A page of a ranking; without any ranking an empty one that says so.

    Raises:
        NotLoadedError: it was not read yet.
    """
    path = "/api/v1/trending"
    if ranking is None:
        looked_at = board.state.no_window_at
        if looked_at is None:
            raise NotLoadedError
        page = page_of(path, {}, 0, limit, offset)
        return models.Trending(source=board.provenance(None, looked_at), window=None, page=page, films=())
    films = select(ranking.films, filters or Filters(), sort, order, ranking.window.end.date())
    return models.Trending(
        source=board.provenance(ranking.window.end, ranking.read_at),
        window=ranking.window,
        page=page_of(path, query or {}, len(films), limit, offset),
        films=tuple(films[offset : offset + limit]),
    )


def movie(board: Board, movie_id: int) -> models.MovieDetail:
    """One film.

    Raises:
        NotFoundError: the catalogue has no such film.
        NotLoadedError: there is no catalogue yet.
    """
    catalogue, ranking = catalogue_of(board), board.state.closed
    film = catalogue.films.get(movie_id)
    if film is None:
        raise NotFoundError(f"no film {movie_id} in the catalogue")
    trend = ranking.by_id.get(movie_id) if ranking else None
    window = ranking.window if ranking else None
    facts = models.Facts(
        title=film.title,
        original_title=film.original_title,
        alternative_titles=film.alternative_titles,
        language=film.original_language,
        release_date=film.release_date,
        year=year_of(film),
        genres=film.genres,
        overview=film.overview,
        poster_path=film.poster_path,
        vote_average=film.vote_average,
        vote_count=film.vote_count,
        popularity=film.popularity,
        as_of=film.fetched_at,
    )
    return models.MovieDetail(
        source=board.provenance(window.end if window else None, ranking.read_at if ranking else catalogue.read_at),
        movie_id=movie_id,
        facts=facts,
        trend=trend,
        window=window,
        freshness=freshness(film, trend, window),
    )


def search(board: Board, text: str, limit: int) -> models.SearchResult:
    """Films by title.

    Raises:
        NotLoadedError: there is no catalogue yet.
    """
    catalogue, ranking = catalogue_of(board), board.state.closed
    hits = []
    for hit in catalogue.index.search(text, limit):
        trend = ranking.by_id.get(hit.film.movie_id) if ranking else None
        hits.append(
            models.SearchHit(
                movie_id=hit.film.movie_id,
                title=hit.film.title,
                year=year_of(hit.film),
                poster_path=hit.film.poster_path,
                matched=hit.matched,
                similarity=hit.similarity,
                rank=trend.rank if trend else None,
                trend_score=trend.trend_score if trend else None,
            )
        )
    return models.SearchResult(
        source=board.provenance(ranking.window.end if ranking else None, catalogue.read_at),
        query=text,
        films=tuple(hits),
    )


def choices(board: Board) -> models.Choices:
    """What filters can be set to.

    Raises:
        NotLoadedError: there is no catalogue yet.
    """
    catalogue = catalogue_of(board)
    return models.Choices(
        source=board.provenance(catalogue.read_at, catalogue.read_at),
        genres=catalogue.genres,
        languages=catalogue.languages,
    )


def breakout_entry(breakout: Breakout) -> platform_models.BreakoutEntry:
    """A breakout as the API shows it."""
    return platform_models.BreakoutEntry(**breakout.model_dump(exclude={"schema_version"}))


def breakouts(  # noqa: PLR0913 - the parameters of a request
    board: Board,
    settings: Settings,
    *,
    movie_id: int | None,
    status: str | None,
    since: datetime | None,
    limit: int,
    offset: int,
    query: Mapping[str, object],
) -> platform_models.Breakouts:
    """Breakouts, newest first.

    Raises:
        NotLoadedError: they were not read yet.
    """
    known, read_at = board.state.breakouts, board.state.breakouts_read_at
    if known is None or read_at is None:
        raise NotLoadedError
    fitting = [
        each
        for each in known
        if (movie_id is None or each.movie_id == movie_id)
        and (status is None or each.status == status)
        and (since is None or each.ended_at is None or each.ended_at >= since)
    ]
    return platform_models.Breakouts(
        source=board.provenance(board.state.momentum_as_of, read_at),
        false_alarms_per_film_day=settings.breakout_false_alarms,
        page=page_of("/api/v1/breakouts", query, len(fitting), limit, offset),
        breakouts=tuple(breakout_entry(each) for each in fitting[offset : offset + limit]),
    )


def model(board: Board, settings: Settings) -> platform_models.ModelReport:
    """The forecaster's figures.

    Raises:
        NotLoadedError: they were not read yet.
    """
    figures, services = board.state.figures, board.state.services
    if figures is None:
        raise NotLoadedError
    return platform_models.ModelReport(
        source=board.provenance(figures.as_of, figures.read_at),
        version=figures.version,
        versions=figures.versions,
        coverage_target=settings.forecast_coverage,
        horizons=figures.horizons,
        series=figures.series,
        challenger=services.challenger if services else None,
        events=figures.events,
        drift=dict(services.drift) if services else {},
        drift_as_of=services.drift_as_of if services else None,
    )


def status(board: Board) -> platform_models.Status:
    """The platform at a glance; always an answer, also before anything was read."""
    state = board.state
    services, closed = state.services, state.closed
    read_at = services.read_at if services else board.now()
    return platform_models.Status(
        source=board.provenance(closed.window.end if closed else None, state.answered_at or read_at),
        store_answers=state.answered_at is not None and board.stale_seconds is None,
        window=closed.window if closed else None,
        films=len(state.catalogue.films) if state.catalogue else 0,
        services=services.services if services else (),
        sources=services.sources if services else (),
        ledger=state.ledger,
        links=services.links if services else (),
    )
