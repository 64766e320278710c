"""What the drift service serves beside its metrics: the newest report, and a list of those that are kept."""

import html
import json

from monitoring.drift.evaluate import Result
from monitoring.drift.reports import Reports

Page = tuple[str, bytes]
"""Content type and body."""
_HTML = "text/html; charset=utf-8"
_JSON = "application/json"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "td,th{padding:.25rem 1rem .25rem 0;text-align:left}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#16181d}a{color:#8ab4f8}}"
)


class Pages:
    """Answers by path."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def __call__(self, path: str) -> Page | None:
        """The page of a path; None when there is none."""
        if path in {"/", "/index.html"}:
            return _HTML, self._overview().encode()
        if path == "/latest.json":
            latest = self._reports.latest()
            return _JSON, json.dumps(None if latest is None else latest.to_json()).encode()
        if path == "/latest":
            names = self._reports.names()
            body = self._reports.read(f"{names[0]}.html") if names else None
            return (_HTML, self._overview().encode()) if body is None else (_HTML, body)
        if path.startswith("/reports/"):
            body = self._reports.read(path.removeprefix("/reports/"))
            return None if body is None else (_HTML if path.endswith(".html") else _JSON, body)
        return None

    def _overview(self) -> str:
        latest = self._reports.latest()
        said = "<p>No comparison yet: it needs 20 final windows.</p>" if latest is None else _summary(latest)
        links = "".join(
            f'<li><a href="/reports/{name}.html">{html.escape(name)}</a> (<a href="/reports/{name}.json">JSON</a>)</li>'
            for name in self._reports.names()
        )
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>TrendScope: drift</title><style>{_STYLE}</style><h1>Drift</h1>{said}"
            f"<h2>Reports</h2><ul>{links}</ul></html>"
        )


def _summary(result: Result) -> str:
    kind = "the same time of the days before" if result.same_time_of_day else "the time before"
    rows = "".join(
        f"<tr><td>{html.escape(name)}<td>{column.score:.3f}<td>{'drifted' if column.drifted else ''}"
        for name, column in result.columns.items()
    )
    verdict = "Drift" if result.drifted else "No drift"
    return (
        f"<p><strong>{verdict}</strong>: windows of {result.current_from:%Y-%m-%d %H:%M} to {result.at:%H:%M} UTC "
        f"({result.current_rows:,} rows) against {kind}, {result.reference_from:%Y-%m-%d %H:%M} to "
        f"{result.reference_to:%Y-%m-%d %H:%M} UTC ({result.reference_rows:,} rows). "
        '<a href="/latest">Full report</a></p>'
        f"<table><tr><th>Column<th>Distance (standard deviations)<th>{rows}</table>"
    )
