"""The plots of docs/forecasting.md: `python -m benchmarks.forecast_plots [--data ../shared/data/series]`.

- forecast-ratios.png from the table in the document itself, so that the two cannot disagree;
- forecast-film.png from a real series, left out where the data are not there;
- forecast-challenger.png from a made-up stream whose world changes at a known window.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.drift_online import CHANGES, played
from benchmarks.forecast import evaluate
from benchmarks.forecast_table import HORIZONS, SERIES, series_of
from configs.settings import ROOT
from ml_service.events import ModelEvent

if TYPE_CHECKING:
    from contracts.events import Prediction

_TEXT = ROOT / "docs" / "forecasting.md"
_FOLDER = ROOT / "docs" / "images"
_ROW = re.compile(
    r"^\| (?P<series>[^|]+) \| (?P<h>\d+) \|(?:[^|]+\|){4} (?P<ratio>[\d.]+) \((?P<low>[\d.]+) … (?P<high>[\d.]+)\)",
    re.M,
)
_FILM_SERIES = "TMDB trending 2021, popularity"
_SMOOTH = 24
"""Windows of the moving mean: two hours."""
_INK, _OWN, _OTHER, _BAD = "#333333", "#1f6feb", "#999999", "#c9372c"


def ratios_of(text: str) -> list[tuple[str, int, float, float, float]]:
    """Series, horizon, ratio to the best baseline and its interval, from the document's table."""
    return [
        (row["series"].strip(), int(row["h"]), float(row["ratio"]), float(row["low"]), float(row["high"]))
        for row in _ROW.finditer(text)
    ]


def plot_ratios(axes: Any, rows: Sequence[tuple[str, int, float, float, float]]) -> None:
    """One point a series and horizon, with its interval."""
    for number, (_, _, ratio, low, high) in enumerate(rows):
        axes.plot([low, high], [number, number], color=_OTHER, linewidth=3)
        axes.plot([ratio], [number], "o", color=_OWN if ratio <= 1 else _BAD)
    axes.axvline(1.0, color=_INK, linewidth=1)
    axes.set_yticks(range(len(rows)), [f"{name}, h={h}" for name, h, *_ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("error in units of the best baseline's (95 % interval)")


def plot_film(axes: Any, folder: Path) -> None:
    """The film with the most values: what came, and what had been forecast one step before."""
    outcomes = evaluate(series_of(_FILM_SERIES, folder), HORIZONS)[1][1]
    films = [outcome.forecast.film for outcome in outcomes]
    longest = max(sorted(set(films)), key=films.count)
    rows = [outcome for outcome in outcomes if outcome.forecast.film == longest]
    steps = np.arange(len(rows))
    axes.fill_between(
        steps, [row.forecast.lower for row in rows], [row.forecast.upper for row in rows],
        color=_OWN, alpha=0.2, linewidth=0, label="80 % interval",
    )  # fmt: skip
    axes.plot(steps, [row.forecast.predicted for row in rows], color=_OWN, label="forecast of the day before")
    axes.plot(steps, [row.actual for row in rows], color=_INK, label="what came")
    axes.set_xlabel("day")
    axes.set_ylabel("popularity")
    axes.legend(frameon=False)


def smoothed_errors(rows: "Sequence[Prediction]", came: dict[tuple[int, Any], float]) -> list[float]:
    """A moving mean of the absolute errors, window by window."""
    errors: dict[Any, list[float]] = {}
    for row in rows:
        actual = came.get((row.movie_id, row.target_window_start))
        if actual is not None:
            errors.setdefault(row.target_window_start, []).append(abs(row.predicted - actual))
    means = [float(np.mean(found)) for found in errors.values()]
    return np.convolve(means, np.ones(_SMOOTH) / _SMOOTH, mode="valid").tolist()


def plot_challenger(axes: Any, before: int, after: int) -> list[ModelEvent]:
    """Errors of champion and challenger around a change, with the events; returns these."""
    batch, _ = played(CHANGES["deviations alternate"], before + after, seed=1, before=before)
    came = {(row.movie_id, row.target_window_start): row.actual for row in batch.predictions if row.actual is not None}
    made = [row for row in batch.predictions if row.actual is None]
    for rows, colour, name in ((made, _INK, "champion"), (batch.shadow, _OWN, "challenger, in shadow")):
        errors = smoothed_errors(rows, came)
        axes.plot(np.arange(len(errors)) + _SMOOTH, errors, color=colour, label=name)
    first = made[0].made_at
    axes.axvline(before, color=_OTHER, linestyle=":", label="the world changes")
    for event in batch.events:
        window = (event.at - first) / (made[-1].made_at - first) * (before + after)
        if event.kind.value in {"drift", "promotion"}:
            axes.axvline(window, color=_BAD if event.kind.value == "drift" else _OWN, linestyle="--")
            axes.text(window, axes.get_ylim()[1], f" {event.kind.value}", rotation=90, va="top", fontsize=8)
    axes.set_xlabel("window of five minutes")
    axes.set_ylabel("mean absolute error, two hours")
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return batch.events


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_plots")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/series")
    parser.add_argument("--out", type=Path, default=_FOLDER)
    parser.add_argument("--windows", type=int, nargs=2, default=(600, 400), help="before and after the change")
    options = parser.parse_args(arguments)
    import matplotlib as mpl  # noqa: PLC0415 - takes a second

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    options.out.mkdir(parents=True, exist_ok=True)

    def save(name: str, height: float, draw: Any) -> None:
        figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(options.out / name, dpi=90, metadata={"Software": None})
        plt.close(figure)
        print(options.out / name)

    rows = ratios_of(_TEXT.read_text(encoding="utf-8"))
    if rows:
        save("forecast-ratios.png", 1 + 0.22 * len(rows), lambda axes: plot_ratios(axes, rows))
    if (options.data / f"{SERIES[_FILM_SERIES][0]}.csv.gz").is_file():
        save("forecast-film.png", 3.5, lambda axes: plot_film(axes, options.data))
    save("forecast-challenger.png", 3.5, lambda axes: plot_challenger(axes, *options.windows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
