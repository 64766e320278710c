"""TMDB's endpoints, version 3, for films."""

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from simulator import tmdb_json
from simulator.catalogue import GENRES, CatalogueFilm
from simulator.reddit_json import dump
from simulator.tmdb_world import ListName
from simulator.world import World

PAGE_SIZE = 20
MAX_PAGE = 500
_JSON = "application/json;charset=utf-8"
_LISTS: dict[str, ListName] = {
    "/trending/movie/day": "trending_day",
    "/trending/movie/week": "trending_week",
    "/movie/now_playing": "now_playing",
    "/movie/popular": "popular",
    "/movie/top_rated": "top_rated",
    "/movie/upcoming": "upcoming",
}
_FIGURE_FIELDS = ("popularity", "vote_average", "vote_count", "genre_ids", "release_date")
"""What the recorded item with missing fields lacks."""


def tmdb_router(world: World) -> APIRouter:
    """The routes over one world, under /3."""
    router = APIRouter(prefix="/3")

    def answer(request: Request, make: Callable[[], Response]) -> Response:
        refused = _refuse(world, request)
        if refused is None:
            world.move_polls()
            return make()
        return refused

    def list_route(name: ListName) -> Callable[[Request], Any]:
        async def route(request: Request) -> Response:
            return answer(request, lambda: _page(world, name, request.query_params.get("page", "1")))

        return route

    for path, name in _LISTS.items():
        router.add_api_route(path, list_route(name), methods=["GET"])

    @router.get("/genre/movie/list")
    async def genres(request: Request) -> Response:
        listed = [{"id": number, "name": name} for number, name in GENRES.items()]
        return answer(request, lambda: _json({"genres": listed}))

    @router.get("/configuration")
    async def configuration(request: Request) -> Response:
        return answer(request, lambda: _json(tmdb_json.CONFIGURATION))

    @router.get("/movie/{film_id}")
    async def details(film_id: str, request: Request) -> Response:
        appended = request.query_params.get("append_to_response", "").split(",")
        return answer(request, lambda: _with_film(world, film_id, lambda film: _details(world, film, appended)))

    @router.get("/movie/{film_id}/alternative_titles")
    async def alternative_titles(film_id: str, request: Request) -> Response:
        def body(film: CatalogueFilm) -> dict[str, Any]:
            return {"id": film.id, "titles": tmdb_json.alternative_titles(film)}

        return answer(request, lambda: _with_film(world, film_id, body))

    @router.get("/{path:path}")
    async def unknown(request: Request) -> Response:
        return answer(request, lambda: _json(tmdb_json.NOT_FOUND, 404))

    return router


def _refuse(world: World, request: Request) -> Response | None:
    """Check the key (query or bearer) and the rate limit."""
    if not world.tmdb_limit.take(world.now()):
        return Response(dump(tmdb_json.TOO_MANY), 429, media_type=_JSON, headers={"retry-after": "1"})
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = token if scheme.lower() == "bearer" else request.query_params.get("api_key")
    return None if key == world.options.tmdb_key else _json(tmdb_json.INVALID_KEY, 401)


def _page(world: World, name: ListName, page: str) -> Response:
    if not re.fullmatch(r"\d{1,9}", page) or not 1 <= int(page) <= MAX_PAGE:
        return _json(tmdb_json.INVALID_PAGE, 400)
    number, now = int(page), world.now()
    results, total = world.tmdb.items(name, now, slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE))
    if results and world.faults.strike("tmdb", ("missing_fields",), now):
        results = [{key: value for key, value in item.items() if key not in _FIGURE_FIELDS} for item in results]
    body: dict[str, Any] = {
        "page": number,
        "results": results,
        "total_pages": -(-total // PAGE_SIZE),
        "total_results": total,
    }
    if name in {"now_playing", "upcoming"}:
        body["dates"] = world.tmdb.dates(now)
    return _json(body)


def _with_film(world: World, film_id: str, body: Callable[[CatalogueFilm], dict[str, Any]]) -> Response:
    # TMDB accepts an id followed by words, as its web pages have it: 550-fight-club
    match = re.match(r"\d{1,9}(?=-|$)", film_id)
    if match is None:
        return _json(tmdb_json.INVALID_ID, 404)
    film = world.tmdb.get(int(match[0]))
    return _json(tmdb_json.NOT_FOUND, 404) if film is None else _json(body(film))


def _details(world: World, film: CatalogueFilm, appended: list[str]) -> dict[str, Any]:
    body = tmdb_json.details(film, world.tmdb.figures(film, world.now()))
    if "alternative_titles" in appended:
        body["alternative_titles"] = {"titles": tmdb_json.alternative_titles(film)}
    return body


def _json(body: object, status: int = 200) -> Response:
    return Response(dump(body), status, media_type=_JSON)
