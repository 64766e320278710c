"""Request targets of a sane length: they are what answers are kept by."""

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.problems import problem

LONGEST = 4_096
"""Bytes of path and query. The longest that means anything is a title of 200 characters outside of the alphabets,
twelve bytes each once they are escaped; servers on the way allow about twice as much."""


class ShortTargets:
    """ASGI middleware: a longer target is answered with 414, before anything looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http" and _length(scope) > LONGEST:
            refusal = problem(
                HTTPStatus.REQUEST_URI_TOO_LONG, f"more than {LONGEST} bytes of address", scope["path"][:LONGEST]
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _length(scope: Scope) -> int:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return len(path) + len(query)
