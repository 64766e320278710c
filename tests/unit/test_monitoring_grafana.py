"""The dashboards' files are what the code makes, complete, and ask for metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units
from prometheus_client import REGISTRY

from common.disk import show_disk
from configs.settings import ROOT, Settings
from ml_service.events import Kind as EventKind
from monitoring.grafana.__main__ import FOLDER, main
from monitoring.grafana.boards import BOARDS
from monitoring.grafana.panels import Kind, Panel

PANELS = [(name, panel) for name, board in BOARDS.items() for panel in board.panels()]
UNITS = {value for name, value in vars(units).items() if name.isupper() or isinstance(value, str)}
GRAFANA = ROOT / "monitoring" / "grafana"


def named(panel: tuple[str, Panel]) -> str:
    return f"{panel[0]}: {panel[1].title}"


def test_the_committed_files_are_up_to_date(tmp_path: Path) -> None:
    main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in FOLDER.iterdir()}


@pytest.mark.parametrize("panel", PANELS, ids=map(named, PANELS))
def test_every_panel_says_what_it_shows(panel: tuple[str, Panel]) -> None:
    _, shown = panel
    assert len(shown.description) > 30
    assert shown.description.endswith(".")
    assert shown.queries
    assert shown.unit in UNITS | {"cps", "reqps", "wps"}
    assert 24 % shown.width == 0 or shown.width == 12
    assert len(shown.queries) == 1 or all(query.legend for query in shown.queries)


def test_at_every_horizon_the_error_is_drawn_beside_the_baselines() -> None:
    queries = [{query.expr for query in panel.queries} for _, panel in PANELS]
    for horizon in Settings.model_fields["forecast_horizons"].default:
        assert {f'max(ml_mae{{horizon="{horizon}"}})', f'ml_baseline_mae{{horizon="{horizon}"}}'} in queries


def drawn(name: str) -> list[dict[str, Any]]:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    found: list[dict[str, Any]] = []
    for panel in document["panels"]:
        found += [panel, *panel.get("panels", [])]
    return [panel for panel in found if panel["type"] != "row"]


@pytest.mark.parametrize("name", BOARDS)
def test_grafana_gets_every_panel_with_unit_thresholds_and_the_provisioned_source(name: str) -> None:
    panels = drawn(name)
    assert [panel["title"] for panel in panels] == [panel.title for panel in BOARDS[name].panels()]
    places = [tuple(panel["gridPos"][side] for side in "xywh") for panel in panels]
    assert len(set(places)) == len(places)
    assert all(x + width <= 24 for x, _, width, _ in places)
    for panel in panels:
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert panel["description"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"prometheus"}


def test_drift_and_what_came_of_it_are_marks_on_the_charts_of_the_models() -> None:
    found = json.loads((FOLDER / "models.json").read_text())["annotations"]["list"]
    assert all(mark["enable"] and mark["datasource"]["uid"] == "prometheus" for mark in found)
    assert all(mark["useValueForTime"] and mark["titleFormat"] == mark["name"] for mark in found)
    kinds = [re.findall(r'kind="(\w+)"', mark["expr"]) or ["data_drift"] for mark in found]
    assert kinds == [["drift"], ["data_drift"], ["promotion"], ["rollback"]]
    assert {kind for (kind,) in kinds} - {"data_drift"} < {kind.value for kind in EventKind}


def test_the_files_are_where_grafana_is_told_to_look() -> None:
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    provider = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "trendscope.yml").read_text())["providers"][0]
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    assert (source["uid"], source["url"]) == ("prometheus", "http://prometheus:9090")
    assert f"./monitoring/grafana/dashboards:{provider['options']['path']}:ro" in service["volumes"]
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (FOLDER / Path(home).name).is_file()
    uids = [board.uid for board in BOARDS.values()]
    assert len(set(uids)) == len(uids)


def test_every_metric_of_ours_in_a_panel_is_exported_by_a_service(tmp_path: Path) -> None:
    import ml_service.telemetry  # noqa: F401, PLC0415 - registers its metrics
    import monitoring.drift.telemetry  # noqa: F401, PLC0415
    import processors.metrics  # noqa: F401, PLC0415
    import producers.metrics  # noqa: F401, PLC0415
    import serving.refresh  # noqa: PLC0415
    import serving.security  # noqa: F401, PLC0415
    import storage.database  # noqa: F401, PLC0415
    from serving import film_metrics  # noqa: PLC0415

    show_disk(tmp_path)
    kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    exported = {family.name + end for family in REGISTRY.collect() for end in kinds.get(family.type, ())}
    exported |= set(re.findall(r"trendscope_[a-z_]+", Path(film_metrics.__file__).read_text()))
    exported |= {f"trendscope_film_{name}" for name, _, _ in film_metrics._FIGURES}
    expressions = [query.expr for _, panel in PANELS for query in panel.queries]
    expressions += [mark.expr for board in BOARDS.values() for mark in board.marks]
    asked = {name for expr in expressions for name in re.findall(r"\b(?:trendscope|ml)_[a-z0-9_]+", expr)}
    assert len(asked) > 30
    assert asked - exported == set()


def test_figures_of_one_moment_are_asked_for_at_one_moment() -> None:
    for name in BOARDS:
        for panel in drawn(name):
            at_once = panel["type"] in {"stat", "bargauge", "table"}
            assert all(bool(target.get("instant")) is at_once for target in panel["targets"]), panel["title"]
    assert {panel.kind for _, panel in PANELS} >= {Kind.LINES, Kind.NUMBER, Kind.BARS, Kind.STACK}
