"""The dashboards by the names of their files."""

from collections.abc import Mapping

from monitoring.grafana.forecasts import MODELS
from monitoring.grafana.infrastructure import INFRASTRUCTURE
from monitoring.grafana.panels import Board
from monitoring.grafana.pipeline import PIPELINE
from monitoring.grafana.trends import TRENDS

BOARDS: Mapping[str, Board] = {
    "trends": TRENDS,
    "pipeline": PIPELINE,
    "models": MODELS,
    "infrastructure": INFRASTRUCTURE,
}
