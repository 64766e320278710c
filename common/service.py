"""How a service runs: logging, one stop signal, and an exit code that says whether a restart can help."""

import signal
import socket
import sys
import threading
from collections.abc import Callable

from common import kafka_security
from common.disk import show_disk
from configs.logging import configure_logging, get_logger
from configs.settings import Settings, load_settings
from contracts.errors import ConfigurationError, DependencyError

EXIT_CONFIGURATION = 78
"""sysexits.h EX_CONFIG: restarting cannot help, so the supervisor does not try."""
EXIT_DEPENDENCY = 69
"""sysexits.h EX_UNAVAILABLE: the supervisor starts the service again, with back-off."""

_ENDING = (signal.SIGTERM, signal.SIGINT)
Main = Callable[[Settings, threading.Event], None]


def run_service(name: str, main: Main) -> None:
    """Run `main(settings, stop)` until it returns; SIGTERM and SIGINT set `stop`, and `main` then finishes its work.

    Exits the process with 0, or with a code from above after one log line that says what to do.
    """
    stop = threading.Event()
    _set_at_signals(stop)
    configure_logging(name)
    log = get_logger(name)
    try:
        settings = load_settings()
        configure_logging(name, settings.log_level)
        show_disk(settings.data_dir)
        kafka_security.use(settings)
        log.info("starting")
        main(settings, stop)
    except ConfigurationError as error:
        log.error("configuration_error", error=str(error))
        sys.exit(EXIT_CONFIGURATION)
    except DependencyError as error:
        log.error("dependency_error", error=str(error))
        sys.exit(EXIT_DEPENDENCY)
    log.info("stopped")


def _set_at_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`, from a thread that the interpreter's C handler wakes through a socket.

    A Python handler would not do: it runs in the main thread alone, and not before that is awake. The kernel gives a
    process's signal to any thread, so a main thread that waits without a deadline can sleep through it; and one that
    just holds the event's lock would wait for itself.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    for number in _ENDING:
        signal.signal(number, lambda *_: None)

    def watch() -> None:
        with ours, theirs:  # open for as long as the process lives
            while True:
                if ours.recv(1)[0] in _ENDING:
                    stop.set()

    threading.Thread(target=watch, name="signals", daemon=True).start()
