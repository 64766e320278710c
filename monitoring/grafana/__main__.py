"""`python -m monitoring.grafana`: write every dashboard's file."""

from pathlib import Path

from configs.settings import ROOT
from monitoring.grafana.boards import BOARDS
from monitoring.grafana.build import to_json

FOLDER = ROOT / "monitoring" / "grafana" / "dashboards"


def main(folder: Path = FOLDER) -> None:
    """Write `<name>.json` for each dashboard."""
    for name, board in BOARDS.items():
        (folder / f"{name}.json").write_text(to_json(board), encoding="utf-8")


if __name__ == "__main__":
    main()
