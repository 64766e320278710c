"""What a dashboard is made of, without Grafana's own vocabulary."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a panel draws its figures."""

    LINES = "timeseries"
    STACK = "stacked timeseries"
    NUMBER = "stat"
    BARS = "bar gauge"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression."""

    expr: str
    legend: str = ""
    """A pattern of labels, `{{film}}`."""
    containers_only: bool = False
    """It asks servers that show their metrics in containers alone (the agents in Kafka and Cassandra)."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. In a healthy demo every query has data: what may never have happened is `... or vector(0)`."""

    title: str
    description: str
    """What the figures mean, and when to worry."""
    queries: tuple[Query, ...]
    unit: str
    """Grafana's name of it: `short`, `s`, `bytes`, `percentunit`, `dateTimeFromNow` ..."""
    kind: Kind = Kind.LINES
    width: int = 8
    """Of 24 columns."""
    height: int = 8
    warn: float | None = None
    """From here on it is yellow ..."""
    bad: float | None = None
    """... and from here on red. When `bad` is below `warn`, low figures are the bad ones."""
    least: float | None = None
    most: float | None = None
    decimals: int | None = None
    until_then: str = ""
    """Shown while nothing is known yet, where figures rightly come only after hours."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Uprights in every chart of a dashboard, where something happened."""

    name: str
    """At the mark, and beside the switch that hides them."""
    expr: str
    """PromQL whose values are the instants, in milliseconds. Nothing while nothing has happened."""
    colour: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...] = ()

    def live_queries(self) -> Iterator[tuple[Panel, Query]]:
        """The queries that have data within minutes of a start, with their panels."""
        for panel in self.panels():
            if not panel.until_then:
                for one in panel.queries:
                    yield panel, one

    def panels(self) -> Iterator[Panel]:
        """Every panel."""
        for row in self.rows:
            yield from row.panels


def query(expr: str, legend: str = "", *, containers_only: bool = False) -> tuple[Query, ...]:
    """A panel's only query."""
    return (Query(expr, legend, containers_only),)
