"""The process: one thread that follows the store, one that looks at the services, one that serves."""

import sys
import threading
import time
from collections.abc import Callable

from common.clock import Clock, system_clock, to_millis
from common.listening import bind
from configs.logging import get_logger
from configs.settings import Settings
from serving import views
from serving.answers import Responder, encode_part
from serving.app import create_app
from serving.context import Context
from serving.details import Details
from serving.film_metrics import show_films
from serving.past import PastWindows
from serving.refresh import Refresher
from serving.scrape import Scraper
from serving.server import serve
from serving.state import Board
from serving.stream import Hub

log = get_logger(__name__)

_LOOK_SECONDS = 5.0
_SWITCH_SECONDS = 0.0001
"""How long a thread may keep the interpreter while another waits. With Python's 5 ms a request that comes while the
refresher decodes rows waits that long at each of its steps."""


def context_of(
    settings: Settings, clock: Clock = system_clock, monotonic: Callable[[], float] = time.monotonic
) -> tuple[Context, Refresher]:
    """The parts of a process; nothing runs yet."""
    board = Board(clock)
    hub = Hub(format(to_millis(clock()), "x"))
    refresher = Refresher(settings, board, hub, clock, monotonic)
    details = Details(board, lambda: refresher.store, monotonic=monotonic)
    context = Context(
        settings=settings,
        board=board,
        hub=hub,
        details=details,
        past=PastWindows(settings, board, details),
        responder=Responder(private=settings.api_keys is not None),
    )
    return context, refresher


def look_around(context: Context, scraper: Scraper, stop: threading.Event) -> None:
    """Look at the services every few seconds until `stop`, and tell the stream."""
    while not stop.is_set():
        context.board.put(services=scraper.look())
        context.hub.publish("status", encode_part(views.status(context.board)))
        stop.wait(_LOOK_SECONDS)


def main(settings: Settings, stop: threading.Event) -> None:
    """Serve until `stop`.

    Raises:
        ConfigurationError: the port is taken, or API_KEYS is not of its form.
        DependencyError: the HTTP server ended by itself.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    listener = bind(settings.bind_address, settings.serving_port, "SERVING_PORT")
    context, refresher = context_of(settings)
    show_films(context.board)
    app = create_app(context)
    scraper = Scraper(settings, system_clock)
    threads = [
        threading.Thread(target=refresher.run, args=(stop,), name="refresher", daemon=True),
        threading.Thread(target=look_around, args=(context, scraper, stop), name="scraper", daemon=True),
    ]
    for thread in threads:
        thread.start()
    log.info("serving", url=f"http://{settings.bind_address}:{settings.serving_port}")
    try:
        serve(app, listener, _closing(stop, context.hub), settings.forwarded_allow_ips)
    finally:
        stop.set()
        context.details.close()
        for thread in threads:
            thread.join(timeout=10)


def _closing(stop: threading.Event, hub: Hub) -> threading.Event:
    """`stop`; once it is set the streams end, which would otherwise hold up the end of the server."""

    def watch() -> None:
        stop.wait()
        hub.close()

    threading.Thread(target=watch, name="stream-closer", daemon=True).start()
    return stop
