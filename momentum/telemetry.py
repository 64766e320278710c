"""What the service tells Prometheus. A film is a label only while it breaks out: a handful at a time."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from contracts.events import Breakout

WINDOWS = Counter("trendscope_momentum_windows", "Closed windows taken in")
BREAKOUTS = Counter("trendscope_momentum_breakouts", "Breakouts detected")
LAG = Gauge("trendscope_momentum_window_lag", "Windows known and not yet taken in")
LAST_WINDOW = Gauge("trendscope_momentum_last_window_timestamp_seconds", "End of the newest window taken in")
HISTORY = Gauge("trendscope_momentum_history_seconds", "History the films' normal is learned from, forgetting")
ACTIVE = Gauge(
    "trendscope_breakout_mentions", "Mentions since its begin of each active breakout", ["movie_id", "title"]
)
WEBHOOKS = Counter("trendscope_momentum_webhooks", "Breakouts posted to the webhook", ["outcome"])
for _outcome in ("sent", "failed"):
    WEBHOOKS.labels(_outcome)


def show_active(active: Iterable[Breakout]) -> None:
    """Set the series of those that are active, and drop those of others."""
    ACTIVE.clear()
    for breakout in active:
        ACTIVE.labels(str(breakout.movie_id), breakout.title).set(breakout.total_mentions)
