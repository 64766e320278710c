"""Operations about the platform: breakouts, the model, the status."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from serving import platform_models, views
from serving.answers import encode
from serving.context import Context
from serving.parameters import Limit, Offset, Since
from serving.problems import documented


def router(context: Context) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["platform"], responses=documented(401, 414, 422, 429, 503))
    board, answers, settings = context.board, context.answers, context.settings
    respond, present = context.responder.respond, context.board.present

    @api.get("/breakouts", response_model=platform_models.Breakouts)
    async def breakouts(  # noqa: PLR0913, PLR0917 - one a parameter
        request: Request,
        movie_id: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
        status: Annotated[Literal["active", "ended"] | None, Query()] = None,
        since: Since = None,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Response:
        """Films suddenly spoken of far more than their own normal, newest first."""
        query = {name: value for name, value in request.query_params.items() if name not in {"limit", "offset"}}
        body = answers.get(
            ("breakouts", request.url.query),
            board.state.mark("breakouts", "closed"),
            lambda: views.breakouts(
                board, settings, movie_id=movie_id, status=status, since=since, limit=limit, offset=offset, query=query
            ),
        )
        return respond(request, present(body))

    @api.get("/model", response_model=platform_models.ModelReport)
    async def model(request: Request) -> Response:
        """The forecaster: figures per horizon against the baselines, versions, drift."""
        token = board.state.mark("figures", "services")
        return respond(request, present(answers.get(("model",), token, lambda: views.model(board, settings))))

    @api.get("/status", response_model=platform_models.Status)
    async def status(request: Request) -> Response:
        """Each service and source: freshness and lag; the ledger; where the other pages are."""
        return respond(request, encode(views.status(board)))

    return api
