"""Requests to an application in this process: no port, no thread of its own."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI


class AsgiClient:
    """A client for synchronous tests; its loop is where the application's tasks live, between requests too."""

    def __init__(self, app: FastAPI, base_url: str = "http://127.0.0.1") -> None:
        self._app, self._base_url = app, base_url
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        self._runner.run(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.post(path, **options))

    async def _open(self) -> None:
        await self._stack.enter_async_context(self._app.router.lifespan_context(self._app))
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=True)
        client = httpx.AsyncClient(transport=transport, base_url=self._base_url)
        self._http = await self._stack.enter_async_context(client)
