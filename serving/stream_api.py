"""The event stream."""

import orjson
from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from serving.context import Context
from serving.problems import documented
from serving.refresh import encode_staleness

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def router(context: Context) -> APIRouter:
    """The route."""
    api = APIRouter(prefix="/api/v1", tags=["live"], responses=documented(401, 414, 422, 429))
    board, hub = context.board, context.hub

    def hello() -> bytes:
        closed = board.state.closed
        window = closed.window.model_dump_json().encode() if closed else b"null"
        now = orjson.dumps(board.now(), option=orjson.OPT_UTC_Z)
        return b'{"window":%s,"server_time":%s,%s' % (window, now, encode_staleness(board.stale_seconds)[1:])

    @api.get(
        "/stream",
        response_class=StreamingResponse,
        responses={200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream(request: Request, last_event_id: str | None = Header(default=None)) -> StreamingResponse:  # noqa: ARG001
        """Live updates as server-sent events: `hello`, `trends`, `live`, `breakout`, `status`, `stale`, `reload`.

        After a break a client sends the last id it got as `Last-Event-ID` and receives what it missed; `reload` says
        that this is no longer held. A comment every 15 seconds shows that the connection lives.
        """
        return StreamingResponse(hub.follow(last_event_id, hello), media_type="text/event-stream", headers=_HEADERS)

    return api
