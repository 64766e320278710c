"""The dashboard's pages: one shell for every address; its files have an address that changes with them."""

import hashlib
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from configs.settings import Settings, load_settings

STATIC = Path(__file__).parent / "static"
ROUTES = ("/", "/film/{movie_id:int}", "/compare", "/breakouts", "/model", "/system")
"""Each answers with the shell; `static/js/lib/routes.js` chooses the page."""
POSTER_HOST = "https://image.tmdb.org"
_YEAR_SECONDS = 31_536_000
"""What `immutable` files may be kept: their address changes with their content."""


def content_policy(posters: str) -> str:
    """The Content-Security-Policy: everything from this process, nothing inline; posters from TMDB when they are on."""
    images = "'self' data:" + (f" {POSTER_HOST}" if posters == "tmdb" else "")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; manifest-src 'self'; "
        f"img-src {images}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def digest(folder: Path = STATIC) -> str:
    """A short hash over every file's path and content."""
    state = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:12]


class Assets(StaticFiles):
    """Static files that a browser may keep for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its cache header."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
        return response


def shell(assets: str, posters: str) -> str:
    """The page every address answers with.

    Args:
        assets: path of the files, without a slash at its end.
        posters: `tmdb` or `drawn`.
    """
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    return text.replace("{{assets}}", assets).replace("{{posters}}", POSTER_HOST if posters == "tmdb" else "")


def mount(app: FastAPI, settings: Settings | None = None) -> None:
    """Add the pages and their files to the API's application; the last routes it gets."""
    posters = (settings or load_settings()).posters
    assets = f"/assets/{digest()}"
    page = shell(assets, posters)
    headers = {
        "Content-Security-Policy": content_policy(posters),
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }

    async def answer(request: Request) -> HTMLResponse:  # noqa: ARG001  (Starlette hands it over)
        return HTMLResponse(page, headers=headers)

    for route in ROUTES:
        app.add_route(route, answer, methods=["GET"], include_in_schema=False)
    app.mount(assets, Assets(directory=STATIC), name="assets")
