"""From `Board` to Grafana's JSON, through Grafana's own types."""

from collections.abc import Callable, Mapping
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.grafana.panels import Board, Kind, Mark, Panel, Query

SOURCE = models.DataSourceRef(type_val="prometheus", uid="prometheus")
"""As monitoring/grafana/provisioning/datasources names it."""
_GREEN, _YELLOW, _RED = "green", "yellow", "red"
_REF_IDS = "ABCDEFGHIJ"


def to_json(board: Board) -> str:
    """The text of a dashboard's file."""
    return JSONEncoder(sort_keys=True, indent=2).encode(_dashboard(board)) + "\n"


def _dashboard(board: Board) -> models.Dashboard:
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["trendscope"])
        .time("now-1h", "now")
        .refresh("10s")
        .timezone("utc")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(dashboard.DashboardLink("TrendScope").type(models.DashboardLinkType.DASHBOARDS).tags(["trendscope"]))
    )
    for mark in board.marks:
        made = made.annotation(_Instants(mark))
    for row in board.rows:
        made = made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made = made.with_panel(_panel(panel))
    return made.build()


class _Instants(models.AnnotationQuery, Builder[models.AnnotationQuery]):
    """An annotation at the instants that a series' values are: Grafana knows those, its types do not. Builds itself."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(name=mark.name, datasource=SOURCE, icon_color=mark.colour, expr=mark.expr)

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"titleFormat": self.name, "useValueForTime": True}

    def build(self) -> models.AnnotationQuery:
        return self


def _panel(panel: Panel) -> Any:
    """A builder of the kind, with what all kinds have in common."""
    made = _KINDS[panel.kind]()
    made = made.title(panel.title).description(panel.description).datasource(SOURCE)
    made = made.unit(panel.unit).span(panel.width).height(panel.height).thresholds(_thresholds(panel))
    if panel.least is not None:
        made = made.min(panel.least)
    if panel.most is not None:
        made = made.max(panel.most)
    if panel.decimals is not None:
        made = made.decimals(panel.decimals)
    if panel.until_then:
        made = made.no_value(panel.until_then)
    at_once = panel.kind not in {Kind.LINES, Kind.STACK}
    for ref_id, query in zip(_REF_IDS, panel.queries, strict=False):
        made = made.with_target(_target(query, ref_id, at_once=at_once, as_table=panel.kind is Kind.TABLE))
    return made


def _target(query: Query, ref_id: str, *, at_once: bool, as_table: bool) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(query.expr).ref_id(ref_id).datasource(SOURCE)
    made = made.legend_format(query.legend or "__auto")
    if as_table:
        made = made.format(PromQueryFormat.TABLE)
    return made.instant() if at_once else made.range()


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    """Green, then yellow, then red upwards; the other way round when low figures are the bad ones."""
    low_is_bad = panel.warn is not None and panel.bad is not None and panel.bad < panel.warn
    if low_is_bad:
        steps = [
            models.Threshold(None, _RED),
            models.Threshold(panel.bad, _YELLOW),
            models.Threshold(panel.warn, _GREEN),
        ]
    else:
        steps = [models.Threshold(None, _GREEN)]
        steps += [
            models.Threshold(value, colour)
            for value, colour in ((panel.warn, _YELLOW), (panel.bad, _RED))
            if value is not None
        ]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _lines() -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.LIST)
    return (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(8)
        .show_points(shapes.VisibilityMode.NEVER)
        .legend(legend.placement(shapes.LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING))
    )


def _stack() -> timeseries.Panel:
    return _lines().fill_opacity(40).stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL))


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def _number() -> stat.Panel:
    return stat.Panel().reduce_options(_last()).graph_mode(shapes.BigValueGraphMode.NONE)


def _bars() -> bargauge.Panel:
    return (
        bargauge.Panel()
        .reduce_options(_last())
        .orientation(shapes.VizOrientation.HORIZONTAL)
        .display_mode(shapes.BarGaugeDisplayMode.BASIC)
    )


_KINDS: Mapping[Kind, Callable[[], Any]] = {
    Kind.LINES: _lines,
    Kind.STACK: _stack,
    Kind.NUMBER: _number,
    Kind.BARS: _bars,
    Kind.TABLE: table.Panel,
}
