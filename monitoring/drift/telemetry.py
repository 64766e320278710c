"""The drift service's metrics. One label value a column of `frames.COLUMNS`."""

from prometheus_client import Counter, Gauge

from common.metrics import show_known
from monitoring.drift.evaluate import Result

SCORE = Gauge("trendscope_drift_score", "Distance of current from earlier windows, in deviations", ["column"])
DRIFTED = Gauge("trendscope_drift_detected", "1 when a column has drifted", ["column"])
DATA = Gauge("trendscope_drift_data_detected", "1 when the data as a whole, the forecasts or their errors have drifted")
SHARE = Gauge("trendscope_drift_share", "Share of the columns that have drifted")
AT = Gauge("trendscope_drift_window_timestamp_seconds", "End of the newest window that was compared")
RUNS = Counter("trendscope_drift_runs_total", "Comparisons by how they ended", ["result"])
DONE, TOO_LITTLE, FAILED = "done", "too_little_data", "failed"
for _result in (DONE, TOO_LITTLE, FAILED):
    RUNS.labels(_result)


def show(result: Result) -> None:
    """Set the gauges. A column that had too few values to be compared has none."""
    show_known(SCORE, {(name,): column.score for name, column in result.columns.items()})
    show_known(DRIFTED, {(name,): column.drifted for name, column in result.columns.items()})
    DATA.set(result.drifted)
    SHARE.set(result.share)
    AT.set(result.at.timestamp())
