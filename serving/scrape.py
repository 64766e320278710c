"""What the other services tell of themselves at their /metrics, and which pages of the platform answer."""

import math
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests
from prometheus_client.parser import text_string_to_metric_families

from common.clock import Clock
from configs.settings import Settings
from serving.platform_models import Challenger, Link, ServiceState, SourceState
from serving.state import Services

_TIMEOUT = 2.0
_LINK_TIMEOUT = 0.3
_LINKS_EVERY = timedelta(seconds=30)
_RATE_SPAN = timedelta(minutes=1)
"""Windows close once a minute and forecasts come with them: a rate between two looks would be nothing, then a peak."""
_SIMULATED = "trendscope_producer_simulated"
_DRIFT = ("ml_drift_", "trendscope_drift_")
"""Gauges with these beginnings are shown with the model."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service and the series that say how it keeps up."""

    name: str
    port: int
    lag: str | None = None
    last_event: str | None = None
    last_poll: str | None = None
    counter: str | None = None
    unit: str | None = None
    shift: timedelta = timedelta(0)
    """Added to `last_event`: a watermark is behind the newest event by its delay."""
    source: str | None = None
    """The source of figures it polls."""


def targets(settings: Settings) -> tuple[Target, ...]:
    """The services, in the order of the data's way through them."""
    newest, poll = (f"trendscope_producer_last_{what}_timestamp_seconds" for what in ("event", "poll"))
    published = "trendscope_producer_published_total"
    return (
        Target(
            "tmdb-producer", settings.tmdb_producer_metrics_port, None, newest, poll, published, "films/s",
            source="TMDB",
        ),
        Target(
            "reddit-producer", settings.reddit_producer_metrics_port, None, newest, poll, published, "comments/s",
            source="Reddit",
        ),
        Target(
            "trend-processor", settings.processor_metrics_port, "trendscope_processor_consumer_lag",
            "trendscope_processor_watermark_timestamp_seconds", None, "trendscope_processor_records_total",
            "comments/s", settings.watermark_delay,
        ),
        Target(
            "ml-service", settings.ml_metrics_port, "trendscope_ml_consumer_lag",
            "trendscope_ml_last_window_timestamp_seconds", None, "ml_predictions_total", "forecasts/s",
        ),
        Target(
            "momentum", settings.momentum_metrics_port, "trendscope_momentum_window_lag",
            "trendscope_momentum_last_window_timestamp_seconds", None, "trendscope_momentum_windows_total", "windows/s",
        ),
        Target("drift", settings.drift_port, last_event="trendscope_drift_window_timestamp_seconds"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A service's series at one look: the values of each name, labels apart."""

    at: datetime
    values: Mapping[str, tuple[tuple[Mapping[str, str], float], ...]]

    def total(self, name: str | None) -> float | None:
        """The sum over labels; None when there is no such series."""
        found = self.values.get(name or "")
        return sum(value for _, value in found) if found else None

    def newest(self, name: str | None) -> datetime | None:
        """The latest time over labels; 0 means "none yet"."""
        times = [value for _, value in self.values.get(name or "", ()) if value > 0]
        return datetime.fromtimestamp(max(times), UTC) if times else None


def read(text: str, at: datetime) -> Sample:
    """A /metrics text.

    Raises:
        ValueError: it is none.
    """
    values: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, []).append((sample.labels, sample.value))
    return Sample(at, {name: tuple(found) for name, found in values.items()})


def fetch(url: str) -> str:
    """The text of a /metrics page.

    Raises:
        requests.RequestException: it does not answer.
    """
    answer = requests.get(url, timeout=_TIMEOUT)
    answer.raise_for_status()
    return answer.text


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=_LINK_TIMEOUT):
            return True
    except OSError:
        return False


class Scraper:
    """Looks at every service, and remembers the last look for rates."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        get: Callable[[str], str] = fetch,
        reaches: Callable[[str, int], bool] = listens,
    ) -> None:
        self._settings, self._clock, self._get, self._reaches = settings, clock, get, reaches
        self._seen: dict[str, tuple[Sample, ...]] = {}
        """By service the samples of the minute up to the last one, oldest first."""
        self._links: tuple[Link, ...] = ()
        self._links_at: datetime | None = None

    def look(self) -> Services:
        """Ask everything once."""
        states, sources = [], []
        drift: dict[str, float] = {}
        drift_at: datetime | None = None
        challenger: Challenger | None = None
        for target in targets(self._settings):
            sample, recent = self._sample(target), self._clock() - _RATE_SPAN
            seen = [each for each in self._seen.get(target.name, ()) if each.at >= recent]
            states.append(_state(target, seen, sample, self._clock()))
            if target.source:
                sources.append(self._source(target, sample or self._last(target)))
            if sample is not None:
                self._seen[target.name] = (*seen, sample)
                drift |= _drift(sample)
                drift_at = sample.at if drift else None
                challenger = _challenger(sample) or challenger
        return Services(
            services=tuple(states),
            sources=tuple(sources),
            links=self._reached(),
            drift=drift,
            drift_as_of=drift_at,
            challenger=challenger,
            read_at=self._clock(),
        )

    def _last(self, target: Target) -> Sample | None:
        """What it told last, however long ago."""
        told = self._seen.get(target.name)
        return told[-1] if told else None

    def _sample(self, target: Target) -> Sample | None:
        host = self._settings.metrics_host.replace("{service}", target.name)
        try:
            return read(self._get(f"http://{host}:{target.port}/metrics"), self._clock())
        except (requests.RequestException, ValueError):
            return None

    def _source(self, target: Target, sample: Sample | None) -> SourceState:
        addresses = {"TMDB": self._settings.tmdb_base_url, "Reddit": self._settings.reddit_oauth_url}
        official = {"TMDB": "https://api.themoviedb.org/", "Reddit": "https://oauth.reddit.com"}
        name = target.source or target.name
        # The producer knows: it has the keys. Until it was asked, these settings say what it is likely to be.
        told = sample.total(_SIMULATED) if sample else None
        return SourceState(
            name=name,
            simulated=bool(told) if told is not None else not addresses[name].startswith(official[name]),
            last_event=sample.newest(target.last_event) if sample else None,
            last_poll=sample.newest(target.last_poll) if sample else None,
        )

    def _reached(self) -> tuple[Link, ...]:
        now = self._clock()
        if self._links_at is None or now - self._links_at >= _LINKS_EVERY:
            self._links, self._links_at = tuple(self._answering()), now
        return self._links

    def _answering(self) -> Iterable[Link]:
        published = dict(pair.split("=") for pair in self._settings.published_ports)
        for name, service, port, path in link_candidates(self._settings):
            host = self._settings.metrics_host.replace("{service}", service)
            if self._reaches(host, port):
                yield Link(name=name, url=f"http://127.0.0.1:{published.get(service, port)}{path}")


def link_candidates(settings: Settings) -> tuple[tuple[str, str, int, str], ...]:
    """Pages of the platform: what people call it, the service, its port, the path."""
    return (
        ("Grafana", "grafana", 3000, "/"),
        ("MLflow", "mlflow", settings.mlflow_port, "/"),
        ("Drift reports (Evidently)", "drift", settings.drift_port, "/"),
        ("Prometheus", "prometheus", settings.prometheus_port, "/"),
        ("Spark", "trend-processor", settings.spark_ui_port, "/StreamingQuery/"),
    )


def _state(target: Target, seen: Sequence[Sample], sample: Sample | None, now: datetime) -> ServiceState:
    if sample is None:
        return ServiceState(
            name=target.name, up=False, checked_at=now, lag=None, last_event=None, last_poll=None, rate=None,
            rate_unit=target.unit,
        )  # fmt: skip
    lag, newest = sample.total(target.lag), sample.newest(target.last_event)
    return ServiceState(
        name=target.name,
        up=True,
        checked_at=sample.at,
        lag=None if lag is None else int(lag),
        last_event=None if newest is None else newest + target.shift,
        last_poll=sample.newest(target.last_poll),
        rate=_rate(target.counter, [*seen, sample]),
        rate_unit=target.unit,
    )


def _rate(counter: str | None, seen: Sequence[Sample]) -> float | None:
    """Growth a second over the samples; None with one alone. A restart sets counters back: then since the restart."""
    values = [(sample.at, value) for sample in seen if (value := sample.total(counter)) is not None]
    for number in range(len(values) - 1, 0, -1):
        if values[number][1] < values[number - 1][1]:
            values = values[number:]
            break
    if len(values) < 2 or values[-1][0] <= values[0][0]:
        return None
    return (values[-1][1] - values[0][1]) / (values[-1][0] - values[0][0]).total_seconds()


def _drift(sample: Sample) -> dict[str, float]:
    found = {}
    for name, rows in sample.values.items():
        if name.startswith(_DRIFT):
            for labels, value in rows:
                inner = ",".join(f"{key}={labels[key]}" for key in sorted(labels))
                found[f"{name}{{{inner}}}" if inner else name] = value
    return found


def _challenger(sample: Sample) -> Challenger | None:
    """The model in shadow; None from a service that is not the forecaster, or has none."""
    roles = sample.values.get("ml_model_info", ())
    version = next((labels["version"] for labels, value in roles if labels.get("role") == "challenger" and value), None)
    if version is None:
        return None
    errors = sample.values.get("ml_challenger_mae", ())
    mae = {labels["horizon"]: value for labels, value in errors if not math.isnan(value)}
    return Challenger(version=version, mae=mae, as_of=sample.at)
