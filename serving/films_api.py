"""Operations about films: the ranking, one film, its history, forecasts and mentions, search, comparison."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator

from serving import film_reads, models, views
from serving.answers import Body
from serving.context import Context
from serving.history import Step, span_of
from serving.parameters import At, Direction, End, Hours, Limit, MovieId, Offset, SortBy, Until, filters, one_of
from serving.problems import NotFoundError, documented
from serving.query import Filters, Order, Sort
from serving.ranking import RankingBuilder
from serving.state import Ranking

_PAST_SECONDS = 60
"""A past window's figures are final; its clients need not ask again for a minute."""
_COMPARED_POINTS = 150
"""Points a film in a comparison: five of them in one chart."""


def router(context: Context) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["films"], responses=documented(401, 414, 422, 429, 503))
    board, answers, details, settings = context.board, context.answers, context.details, context.settings
    respond, present, builder = context.responder.respond, board.present, RankingBuilder(context.settings)

    def title_of(movie_id: int) -> str:
        film = views.catalogue_of(board).films.get(movie_id)
        if film is None:
            raise NotFoundError(f"no film {movie_id} in the catalogue")
        return film.title

    @api.get("/trending", response_model=models.Trending, responses=documented(404))
    async def trending(  # noqa: PLR0913, PLR0917 - one a parameter
        request: Request,
        chosen: Annotated[Filters, Depends(filters)],
        window: Annotated[film_reads.Which, Query(description="The newest closed window, or the open one.")] = (
            film_reads.Which.CLOSED
        ),
        at: At = None,
        sort: SortBy = Sort.SCORE,
        order: Direction = Order.DESC,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Response:
        """Films by TrendScore, or by another figure; of now or of any past window (`at`)."""
        query = {name: value for name, value in request.query_params.items() if name not in {"limit", "offset"}}
        make = functools.partial(
            views.trending, board, filters=chosen, sort=sort, order=order, limit=limit, offset=offset, query=query
        )
        if at is not None:
            return respond(request, present(await _past(context, at, request.url.query, make)), max_age=_PAST_SECONDS)
        ranking = board.state.live if window is film_reads.Which.LIVE else board.state.closed
        token = (ranking and ranking.mark,)
        return respond(request, present(answers.get(("trending", request.url.query), token, lambda: make(ranking))))

    @api.get("/movies/search", response_model=models.SearchResult)
    async def search(
        request: Request,
        q: Annotated[
            str, Query(min_length=1, max_length=200, description="A title, also misspelt.", examples=["dune"])
        ],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> Response:
        """Films by title: the film's own, its original and its alternative ones."""
        token = board.state.mark("catalogue", "closed")
        return respond(
            request, present(answers.get(("search", q, limit), token, lambda: views.search(board, q, limit)))
        )

    @api.get("/movies/{movie_id}", response_model=models.MovieDetail, responses=documented(404))
    async def movie(request: Request, movie_id: MovieId) -> Response:
        """One film: facts, score with its three parts, rank and its movement, freshness of each source."""
        token = board.state.mark("catalogue", "closed")
        return respond(request, present(answers.get(("movie", movie_id), token, lambda: views.movie(board, movie_id))))

    @api.get("/movies/{movie_id}/history", response_model=models.History, responses=documented(404))
    async def history(
        request: Request, movie_id: MovieId, hours: Hours = 24, end: End = None, step: Step = Step.AUTO
    ) -> Response:
        """A film's course: single windows up to a day, whole hours beyond."""
        title = title_of(movie_id)
        span = span_of(film_reads.end_of(board, end), hours, step, settings)
        body = await details.get(
            ("history", movie_id, hours, end, step),
            lambda store: film_reads.history(board, settings, store, movie_id=movie_id, title=title, span=span),
        )
        return respond(request, body)

    @api.get("/movies/{movie_id}/forecast", response_model=models.MovieForecast, responses=documented(404))
    async def forecast(
        request: Request,
        movie_id: MovieId,
        horizon: Annotated[
            int | None,
            AfterValidator(one_of(settings.forecast_horizons)),
            Query(
                description="Of the past forecasts; the nearest by itself.",
                json_schema_extra={"enum": list(settings.forecast_horizons)},
            ),
        ] = None,
        past: Annotated[int, Query(ge=0, le=500, description="Past forecasts with their outcomes, at most.")] = 60,
    ) -> Response:
        """Every horizon's newest forecast, with interval and baselines, and what became of earlier ones."""
        title = title_of(movie_id)
        body = await details.get(
            ("forecast", movie_id, horizon, past),
            lambda store: film_reads.forecast(
                board, builder, settings, store, movie_id=movie_id, title=title, horizon=horizon, past=past
            ),
        )
        return respond(request, body)

    @api.get("/movies/{movie_id}/mentions", response_model=models.MovieMentions, responses=documented(404))
    async def mentions(  # noqa: PLR0913, PLR0917 - one a parameter
        request: Request,
        movie_id: MovieId,
        via: Annotated[models.Via | None, Query(description="`text`: the film is named.")] = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0, le=400)] = 0,
    ) -> Response:
        """Example comments that explain the score, newest first, with their sentiment and a link."""
        title, before = title_of(movie_id), film_reads.known(until) if until else None
        body = await details.get(
            ("mentions", movie_id, via, before, limit, offset),
            lambda store: film_reads.mentions(
                board, store, movie_id=movie_id, title=title, via=via, until=before, limit=limit, offset=offset
            ),
        )
        return respond(request, body)

    @api.get("/compare", response_model=models.Comparison, responses=documented(404))
    async def compare(
        request: Request,
        ids: Annotated[
            str,
            Query(pattern=r"^[1-9]\d{0,8}(,[1-9]\d{0,8}){1,4}$", description="Two to five ids.", examples=["83533,1"]),
        ],
        hours: Hours = 24,
        end: End = None,
    ) -> Response:
        """Films over the same span."""
        titles = {int(part): title_of(int(part)) for part in ids.split(",")}
        span = span_of(film_reads.end_of(board, end), hours, Step.AUTO, settings, _COMPARED_POINTS)
        body = await details.get(
            ("compare", tuple(titles), hours, end),
            lambda store: film_reads.compare(board, settings, store, titles=titles, span=span),
        )
        return respond(request, body)

    @api.get("/genres", response_model=models.Choices)
    async def genres(request: Request) -> Response:
        """The genres and languages of the catalogue: what filters can be set to."""
        token = board.state.mark("catalogue")
        return respond(request, present(answers.get(("genres",), token, lambda: views.choices(board))))

    return api


async def _past(context: Context, at: datetime, query: str, make: Callable[[Ranking | None], models.Trending]) -> Body:
    """A page of a past window. Of one that is complete it is never another, and needs no ranking to be kept.

    Raises:
        NotFoundError: there is no such window.
        DependencyError: Cassandra did not answer.
    """
    start = await context.past.start_of(at)
    key = ("past", start, query)
    kept = context.answers.kept(key)
    if kept is not None:
        return kept
    ranking = await context.past.ranking(start)
    if ranking is context.board.state.closed or not context.past.is_complete(ranking):
        return context.answers.get(("trending", query), (ranking.mark,), lambda: make(ranking))
    return context.answers.keep(key, make(ranking))
