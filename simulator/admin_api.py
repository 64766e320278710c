"""What only tests, demos and operators use: /_sim/*, /metrics and /healthz."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field, ValidationError

from simulator.faults import NAMES, Fault
from simulator.live import LiveSource
from simulator.model import Thread
from simulator.reddit_json import dump
from simulator.world import World


class FaultOrder(BaseModel):
    """The body of POST /_sim/faults."""

    name: str
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    count: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    retry_after: Annotated[int, Field(ge=0)] | None = None
    delay: Annotated[float, Field(ge=0, le=600)] = 5.0


class SurgeOrder(BaseModel):
    """The body of POST /_sim/surge: so many times the comments, from now on for so long."""

    factor: Annotated[float, Field(gt=0, le=1_000)] = 10.0
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0


def admin_router(world: World) -> APIRouter:
    """The routes over one world."""
    router = APIRouter()

    @router.get("/healthz")
    @router.get("/readyz")
    async def healthy() -> Response:
        return Response("ok", media_type="text/plain")

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    @router.get("/_sim/ledger")
    async def ledger() -> Response:
        return _json(world.ledger.summary())

    @router.get("/_sim/truth")
    async def truth(
        since: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000
    ) -> Response:
        return _json(world.ledger.truth(since, limit))

    @router.get("/_sim/state")
    async def state() -> Response:
        return _json(_state(world))

    @router.get("/_sim/faults")
    async def faults() -> Response:
        return _json({"active": _faults(world), "known": sorted(NAMES)})

    @router.post("/_sim/faults")
    async def switch_on(order: FaultOrder) -> Response:
        until = None if order.seconds is None else world.now() + order.seconds
        fault = Fault(
            name=order.name,
            probability=order.probability,
            count=order.count,
            until=until,
            retry_after=order.retry_after,
            delay=order.delay,
        )
        try:
            world.faults.switch_on(fault)
        except ValueError as error:
            return _json({"detail": str(error)}, 422)
        return _json({"active": _faults(world)})

    @router.delete("/_sim/faults")
    @router.delete("/_sim/faults/{name}")
    async def switch_off(name: str | None = None) -> Response:
        world.faults.switch_off(name)
        return _json({"active": _faults(world)})

    @router.post("/_sim/surge")
    async def surge(order: SurgeOrder) -> Response:
        if not isinstance(world.source, LiveSource):
            return _json({"detail": "a replay shows its recording only"}, 409)
        world.source.surge(order.factor, world.now(), order.seconds)
        return _json(order.model_dump())

    @router.post("/_sim/comments")
    async def inject(request: Request) -> Response:
        return _inject(world, await request.body())

    return router


class CommentOrder(BaseModel):
    """The body of POST /_sim/comments: one comment for the live listing, as broken as a test wants it."""

    body: str
    title: str
    created_utc: float | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    """Fields that override what the listing shows of it, of any type."""


def _inject(world: World, body: bytes) -> Response:
    source = world.source
    if not isinstance(source, LiveSource):
        return _json({"detail": "a replay shows its recording only"}, 409)
    try:
        # pydantic refuses lone surrogates, which must come through: it checks the other fields only
        given = json.loads(body)
        order = CommentOrder.model_validate({**given, "body": "", "title": ""})
        text, title = str(given.get("body", "An injected comment.")), str(given.get("title", "An injected thread"))
    except (ValueError, TypeError, ValidationError) as error:
        return _json({"detail": str(error)}, 422)
    now = world.now()
    source.advance(now)
    thread = Thread(id="injected", subreddit=source.subreddits[0], title=title, created=int(now), author="tester")
    comment = source.inject(
        body=text, thread=thread, created=int(now if order.created_utc is None else order.created_utc), now=now
    )
    comment.extra.update(order.extra)
    return _json({"id": comment.id, "name": comment.fullname})


def _state(world: World) -> dict[str, Any]:
    now = world.now()
    world.source.advance(now)
    world.move_polls()
    return {
        **world.source.state(now),
        "now": now,
        "started": world.started,
        "polls": {"count": world.tmdb.poll_count, "place": world.tmdb.poll_place},
        "films": len(world.tmdb.films),
    }


def _faults(world: World) -> list[dict[str, Any]]:
    return [fault.shown() for fault in world.faults.active(world.now())]


def _json(body: object, status: int = 200) -> Response:
    return Response(dump(body), status, media_type="application/json")
