"""`python -m simulator`: the process."""

import threading

from common.clock import system_clock
from common.listening import bind
from common.service import run_service
from configs.logging import get_logger
from configs.settings import Settings
from simulator.app import create_app
from simulator.options import Options, parse
from simulator.server import serve
from simulator.world import build_world

log = get_logger(__name__)


def run(options: Options, settings: Settings, stop: threading.Event) -> None:
    """Serve until `stop`.

    Raises:
        ConfigurationError: the port is taken, or a file is missing or not of its form.
    """
    port = options.port or settings.simulator_port
    listener = bind(settings.bind_address, port, "SIMULATOR_PORT")
    world = build_world(options, system_clock, settings.reddit_subreddits)
    world.source.advance(world.now())
    log.info(
        "serving",
        url=f"http://{settings.bind_address}:{port}",
        films=len(world.tmdb.films),
        polls=world.tmdb.poll_count,
        **{name: value for name, value in world.source.state(world.now()).items() if name != "breakouts"},
    )
    serve(create_app(world), listener, stop)


if __name__ == "__main__":
    chosen = parse()
    run_service("simulator", lambda settings, stop: run(chosen, settings, stop))
