"""The web application: routes of the API, and what stands around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from serving import films_api, ops_api, pages, platform_api, problems, stream_api
from serving.context import Context
from serving.openapi import describe
from serving.security import Gate, Keys
from serving.targets import ShortTargets


def create_app(context: Context) -> FastAPI:
    """Build the application over what the process knows; nothing is read or started here but its own threads' pool.

    Raises:
        ConfigurationError: API_KEYS is not of its form.
    """
    settings = context.settings
    keys = Keys.of(settings.api_keys)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        context.hub.bind(asyncio.get_running_loop())
        yield

    app = FastAPI(
        title="TrendScope",
        version="1",
        summary="Which films are trending now, why, and where they are heading.",
        docs_url=None,  # its pages load scripts from another host
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    problems.install(app)
    for router in (
        films_api.router(context),
        platform_api.router(context),
        stream_api.router(context),
        ops_api.router(context, keys),
    ):
        app.include_router(router)
    describe(app)
    pages.mount(app, settings)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET"],
            allow_headers=["X-API-Key", "Authorization", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag"],
        )
    app.add_middleware(ShortTargets)
    app.add_middleware(Gate, keys=keys, rate=settings.api_rate_limit)
    return app
