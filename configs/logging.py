"""Structured logs: one JSON line an event on standard error, with the service's name and a UTC time."""

import logging
import sys
from typing import cast

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET_WORDS = ("secret", "password", "api_key", "token", "authorization")


def _mask_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in event:
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = "***"
    return event


def _name(service: str) -> structlog.typing.Processor:
    """Adds the service to every line, those of other threads included (a context variable stays in its thread)."""

    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send this process's logs, its libraries' included, as JSON lines to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name(service),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True, default=str),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("kafka", "cassandra", "py4j", "urllib3", "prawcore", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Every refused connection is an error to the client library; whoever uses it retries and says so in one line.
    logging.getLogger("kafka.net").setLevel(logging.CRITICAL)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose methods take an event name and key-value pairs: `log.info("poll_done", films=20)`."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))
