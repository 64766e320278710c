"""The reports on disk: for each comparison an HTML page, Evidently's JSON and a summary; the newest are kept."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.drift.evaluate import Result, from_json

KEPT = 24
"""A page has 4 MB: a day of hourly ones is 90 MB."""
_NAME = re.compile(r"\d{8}T\d{4}Z")
_FORMAT = "%Y%m%dT%H%MZ"


class Reports:
    """A folder of reports, each named by the end of its newest window."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, result: Result, snapshot: Any) -> str:
        """Write a comparison; returns its name. The summary comes last: a report that is listed is whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = result.at.strftime(_FORMAT)
        snapshot.save_html(str(self._folder / f"{name}.html"))
        snapshot.save_json(str(self._folder / f"{name}.evidently.json"))
        part = self._folder / f"{name}.part"
        part.write_text(json.dumps(result.to_json(), indent=1), encoding="utf-8")
        part.replace(self._folder / f"{name}.json")
        for old in self.names()[KEPT:]:
            for path in self.files(old):
                path.unlink(missing_ok=True)
        return name

    def names(self) -> list[str]:
        """The reports there are, newest first."""
        found = (path.stem for path in self._folder.glob("*.json"))
        return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)

    def files(self, name: str) -> list[Path]:
        """A report's files."""
        return [self._folder / f"{name}{suffix}" for suffix in (".html", ".evidently.json", ".json")]

    def _result(self, name: str) -> Result:
        return from_json(json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8")))

    def latest(self) -> Result | None:
        """The newest comparison; None before the first."""
        for name in self.names():
            return self._result(name)
        return None

    def newest(self, start: datetime, end: datetime) -> Result | None:
        """The newest comparison whose newest window ended between two instants; None when there is none."""
        for name in self.names():
            if start <= datetime.strptime(name, _FORMAT).replace(tzinfo=UTC) <= end:
                return self._result(name)
        return None

    def read(self, file: str) -> bytes | None:
        """One file by its name as in `files`; None when it is none of a report."""
        name, _, suffix = file.partition(".")
        if not _NAME.fullmatch(name) or suffix not in {"html", "json", "evidently.json"}:
            return None
        try:
            return (self._folder / file).read_bytes()
        except OSError:
            return None
