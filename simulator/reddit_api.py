"""Reddit's endpoints: the token grant, the comment listing and what praw touches on the way."""

import base64
import binascii
import re
import secrets
from dataclasses import replace
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from simulator.feed import DEFAULT_LIMIT, Page, PageRequest
from simulator.reddit_json import SUBREDDIT_ID, comment_json, dump, listing_json, wrap_listing
from simulator.world import TOKEN_SECONDS, World

_JSON = "application/json; charset=UTF-8"
_LISTING_FAULTS = ("empty_listing", "listing_jump", "duplicate_items", "redirect")


def reddit_router(world: World) -> APIRouter:
    """The routes over one world."""
    router = APIRouter()

    @router.post("/api/v1/access_token")
    async def access_token(request: Request) -> Response:
        struck = world.faults.strike("reddit", ("token_401", "token_error"), world.now())
        if struck and struck[0] == "token_error":
            # recorded: some refusals of a grant come with status 200
            return _json({"error": "unauthorized_client", "error_description": "This grant is refused"})
        if struck or _basic(request) != (world.options.reddit_id, world.options.reddit_secret):
            return _error(401, "Unauthorized", {"www-authenticate": 'Basic realm="reddit"'})
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if form.get("grant_type") not in (["client_credentials"], ["https://oauth.reddit.com/grants/installed_client"]):
            return _json({"error": "unsupported_grant_type"})
        token = secrets.token_urlsafe(24)
        world.tokens[token] = world.now() + TOKEN_SECONDS
        return _json({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_SECONDS, "scope": "*"})

    @router.post("/api/v1/revoke_token")
    async def revoke_token(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        for token in form.get("token", []):
            world.tokens.pop(token, None)
        return Response(status_code=204)

    @router.get("/r/{names}/comments")
    @router.get("/r/{names}/comments/")
    @router.get("/r/{names}/comments.json")
    async def comments(names: str, request: Request) -> Response:
        refused, headers = _admit(world, request)
        return refused or _comments(world, names, request, headers)

    @router.get("/r/{name}/about")
    @router.get("/r/{name}/about/")
    @router.get("/r/{name}/about.json")
    async def about(name: str, request: Request) -> Response:
        refused, headers = _admit(world, request)
        if refused:
            return refused
        known = {subreddit.lower(): subreddit for subreddit in world.source.subreddits}.get(name.lower())
        if known is None:
            return _error(404, "Not Found", headers)
        return _json({"kind": "t5", "data": _subreddit(known)}, headers)

    @router.get("/api/info")
    @router.get("/api/info/")
    async def info(request: Request) -> Response:
        refused, headers = _admit(world, request)
        if refused:
            return refused
        world.source.advance(world.now())
        wanted = request.query_params.get("id", "").split(",")
        found = [comment for name in wanted if (comment := world.source.feed.get(name))]
        body = wrap_listing([comment_json(comment, raw=_raw(request)) for comment in found])
        return Response(body, media_type=_JSON, headers=headers)

    @router.get("/api/v1/me")
    @router.get("/api/v1/me/")
    async def me(request: Request) -> Response:
        refused, headers = _admit(world, request)
        # an application without a user has no name
        return refused or _json({"features": {}}, headers)

    return router


def _admit(world: World, request: Request) -> tuple[Response | None, dict[str, str]]:
    """Check token and rate limit; the headers go with every answer."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    now = world.now()
    if scheme.lower() != "bearer" or world.tokens.get(token, 0) <= now:
        world.tokens.pop(token, None)
        refusal = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
        return _error(401, "Unauthorized", refusal), {}
    usage = world.reddit_limit.take(now)
    if not usage.allowed:
        return _error(429, "Too Many Requests", {**usage.headers, "retry-after": str(usage.reset)}), {}
    return None, usage.headers


def _comments(world: World, names: str, request: Request, headers: dict[str, str]) -> Response:
    wanted = _subreddits(world, names)
    struck = world.faults.strike("reddit", _LISTING_FAULTS, world.now())
    kind = struck[0] if struck else None
    if kind == "redirect" or wanted == frozenset():
        where = f"https://www.reddit.com/subreddits/search?q={names}"
        return Response(status_code=302, headers={**headers, "location": where})
    page_request = _page_request(request, wanted)
    world.source.advance(world.now(), page_request)
    if kind == "listing_jump" and not page_request.is_head:
        page_request = replace(page_request, before="t1_", after=None)
    page = Page(()) if kind == "empty_listing" else world.source.feed.page(page_request)
    world.ledger.record(page.comments)
    if kind == "duplicate_items" and page.comments:
        page = replace(page, comments=(page.comments[0], *page.comments))
    return Response(listing_json(page, raw=_raw(request)), media_type=_JSON, headers=headers)


def _subreddits(world: World, names: str) -> frozenset[str] | None:
    """The asked-for subreddits that exist, lower-case; None for all of them."""
    asked = {name.lower() for name in re.split(r"[+ ]", names)}
    if asked & {"all", "popular"}:
        return None
    served = {name.lower() for name in world.source.subreddits}
    # the common case, all that is served, needs no look at each comment
    return None if served <= asked else frozenset(asked & served)


def _page_request(request: Request, subreddits: frozenset[str] | None) -> PageRequest:
    query = request.query_params
    return PageRequest(
        subreddits=subreddits,
        limit=_number(query.get("limit"), DEFAULT_LIMIT),
        before=query.get("before") or None,
        after=query.get("after") or None,
        count=_number(query.get("count"), 0),
    )


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else default


def _raw(request: Request) -> bool:
    return request.query_params.get("raw_json") == "1"


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def _subreddit(name: str) -> dict[str, object]:
    return {
        "id": SUBREDDIT_ID.removeprefix("t5_"),
        "name": SUBREDDIT_ID,
        "display_name": name,
        "display_name_prefixed": f"r/{name}",
        "title": name,
        "url": f"/r/{name}/",
        "subreddit_type": "public",
        "over18": False,
        "quarantine": False,
    }


def _json(body: object, headers: dict[str, str] | None = None) -> Response:
    return Response(dump(body), media_type=_JSON, headers=headers)


def _error(status: int, message: str, headers: dict[str, str]) -> Response:
    return Response(dump({"message": message, "error": status}), status, media_type=_JSON, headers=headers)
