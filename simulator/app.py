"""The web application over one world."""

from fastapi import FastAPI

from simulator.admin_api import admin_router
from simulator.faulty import FaultLayer
from simulator.reddit_api import reddit_router
from simulator.tmdb_api import tmdb_router
from simulator.world import World


def create_app(world: World) -> FastAPI:
    """Put the three APIs on one application; its own pages stay off, the paths belong to the simulated APIs."""
    app = FastAPI(title="TrendScope simulator", docs_url=None, redoc_url=None, openapi_url=None)
    for router in (admin_router(world), tmdb_router(world), reddit_router(world)):
        app.include_router(router)
    app.add_middleware(FaultLayer, world=world)
    return app
