"""What `status` shows: each process with its memory, and how far each stage is behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families
from rich.table import Table

from configs.settings import Settings
from local.environment import serving_host
from local.nodes.base import LOOPBACK
from local.supervision import ProcessState

_SCRAPE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Probe:
    """Where a service tells about itself, and which of its series say how it keeps up."""

    port: int
    lag: str | None
    """Records it has not processed yet; summed over labels."""
    last_event: str | None
    """Event time of the newest record it handled, seconds since the epoch; the newest over labels."""
    shift_seconds: float = 0
    """Added to `last_event`: a watermark is behind the newest event by its delay."""
    last_poll: str | None = None
    """When it last came through a poll of its source, seconds since the epoch."""
    host: str = LOOPBACK


@dataclass(frozen=True, slots=True)
class Pace:
    """How a service keeps up; None where it does not say."""

    lag: int | None = None
    last_event: float | None = None
    last_poll: float | None = None


def probes(settings: Settings) -> dict[str, Probe]:
    """The probe of each program that has metrics of its own."""
    newest, poll = (f"trendscope_producer_last_{what}_timestamp_seconds" for what in ("event", "poll"))
    return {
        "tmdb-producer": Probe(settings.tmdb_producer_metrics_port, None, newest, last_poll=poll),
        "reddit-producer": Probe(settings.reddit_producer_metrics_port, None, newest, last_poll=poll),
        "trend-processor": Probe(
            settings.processor_metrics_port,
            "trendscope_processor_consumer_lag",
            "trendscope_processor_watermark_timestamp_seconds",
            settings.watermark_delay.total_seconds(),
        ),
        "ml-service": Probe(
            settings.ml_metrics_port, "trendscope_ml_consumer_lag", "trendscope_ml_last_window_timestamp_seconds"
        ),
        "momentum": Probe(
            settings.momentum_metrics_port,
            None,  # it counts windows, not records
            "trendscope_momentum_last_window_timestamp_seconds",
        ),
        "drift": Probe(settings.drift_port, None, "trendscope_drift_window_timestamp_seconds"),
        "serving": Probe(
            settings.serving_port, None, "trendscope_serving_window_timestamp_seconds", host=serving_host(settings)
        ),
    }


def pace_of(exposition: str, probe: Probe) -> Pace:
    """Read a service's lag and newest event from its /metrics text; 0 as a time means "none yet"."""
    series: dict[str, list[float]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            series.setdefault(sample.name, []).append(sample.value)
    lags = series.get(probe.lag or "")

    def newest(name: str | None) -> float | None:
        return max((value for value in series.get(name or "", ()) if value > 0), default=None)

    event = newest(probe.last_event)
    return Pace(
        lag=int(sum(lags)) if lags else None,
        last_event=None if event is None else event + probe.shift_seconds,
        last_poll=newest(probe.last_poll),
    )


def measure(probe: Probe) -> Pace:
    """Ask a service; nothing known when it does not answer."""
    try:
        answer = requests.get(f"http://{probe.host}:{probe.port}/metrics", timeout=_SCRAPE_SECONDS)
        answer.raise_for_status()
        return pace_of(answer.text, probe)
    except (requests.RequestException, ValueError):
        return Pace()


def memory_of(pid: int | None) -> int | None:
    """Resident bytes of a process and its descendants; shared pages count in each."""
    if pid is None:
        return None
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return None
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.Error:  # gone in between
            continue
    return total


def age_text(seconds: float) -> str:
    """`7 s`, `3 min`, `2 h` or `5 d`: as much as a glance needs."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def state_text(state: ProcessState) -> str:
    """The state in one or two words."""
    if state.state == "EXITED":
        return "done" if state.exit_code == 0 else f"exited with {state.exit_code}"
    return state.state.lower()


def status_table(
    states: Iterable[ProcessState],
    paces: Mapping[str, Pace],
    now: datetime,
    memories: Mapping[str, int] | None = None,
) -> Table:
    """One line a process; a dash where a figure does not apply or is not known.

    Args:
        states: the processes, or the containers.
        paces: by name, how each keeps up.
        now: what ages are counted from.
        memories: bytes by name, where somebody else has measured them; else the processes of this machine are.
    """
    table = Table(title=f"TrendScope at {now:%Y-%m-%d %H:%M:%S} UTC")
    table.add_column("Process")
    table.add_column("State")
    for name in ("For", "Memory", "Lag (records)", "Last event"):
        table.add_column(name, justify="right")
    for state in states:
        pace = paces.get(state.name, Pace())
        memory = memory_of(state.pid) if memories is None else memories.get(state.name)
        table.add_row(
            state.name,
            state_text(state),
            "-" if state.since is None else age_text((now - state.since).total_seconds()),
            "-" if memory is None else f"{memory / 1024**2:,.0f} MB",
            "-" if pace.lag is None else f"{pace.lag:,}",
            "-" if pace.last_event is None else f"{age_text(now.timestamp() - pace.last_event)} ago",
        )
    return table
