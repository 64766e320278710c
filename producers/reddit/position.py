"""How far this producer has read, kept on disk: written only after Kafka has acknowledged what it covers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import DependencyError
from producers.durable import load_json, save_json

SEEN_LIMIT = 3_000
"""Three times what a listing holds: no comment can leave this memory while a listing still shows it."""
ANCHOR_LIMIT = 5
"""An anchor that was deleted gives an empty page; that five in a row are deleted is left to the walk back."""


@dataclass
class Position:
    """`anchors`: fullnames to read on from, newest first. `seen`: the ids delivered last, oldest first."""

    anchors: list[str] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """True when this comment was delivered before."""
        return name in self.seen

    def advance(self, names: Iterable[str], newest: str | None) -> None:
        """Remember delivered names; `newest` becomes the anchor (None leaves the anchors as they are)."""
        for name in names:
            self.seen[name] = None
        for name in list(self.seen)[: max(0, len(self.seen) - SEEN_LIMIT)]:
            del self.seen[name]
        if newest is not None and newest not in self.anchors[:1]:
            self.anchors = [newest, *(name for name in self.anchors if name != newest)][:ANCHOR_LIMIT]


class PositionStore:
    """The position as a JSON file of its own for each set of subreddits."""

    def __init__(self, path: Path, subreddits: tuple[str, ...]) -> None:
        self._path = path
        self._subreddits = sorted(name.lower() for name in subreddits)

    def load(self) -> Position:
        """The saved position; an empty one at the first start.

        When the subreddits have changed the anchors mean nothing any more: the listing is walked from its end, and
        what was delivered before is still known.
        """
        saved = load_json(self._path) or {}
        same = saved.get("subreddits") == self._subreddits
        return Position(
            anchors=_names(saved.get("anchors")) if same else [],
            seen=dict.fromkeys(_names(saved.get("seen"))),
        )

    def save(self, position: Position) -> None:
        """Write durably.

        Raises:
            DependencyError: the disk does not take it; the next start sends again what came after the last save.
        """
        value = {"subreddits": self._subreddits, "anchors": position.anchors, "seen": list(position.seen)}
        try:
            save_json(self._path, value)
        except OSError as error:
            raise DependencyError(f"cannot write {self._path}: {error.strerror}") from error


def _names(value: object) -> list[str]:
    """The names of a list; a file that somebody edited may hold anything in its place, which counts as none."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
