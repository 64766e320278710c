"""The table of docs/forecasting.md: `python -m benchmarks.forecast_table [--data ../shared/data/series] [NAME ...]`.

Runs `benchmarks.forecast` over the real series, or those named, and prints rows of Markdown as they are done. With
`--part early` (or `late`, `odd`, `even`) only half of each: the first or last half of its days, every second film.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.forecast import figures
from benchmarks.series_file import SeriesFile, parse_bin, read_series
from configs.settings import ROOT

SERIES = {
    "thread volume": ("rmovies_thread_volume_10min_dev", "thread_movie", "bin_start_utc", "comments", "10min"),
    "box office": ("boxoffice_us_daily_dev_2014_2022", "release_id", "date", "gross_usd", None),
    "TMDB lists, popularity": ("tmdb_lists_daily_dev", "tmdb_id", "polled_utc", "popularity", None),
    "TMDB popular, popularity": ("tmdb_popular_daily_dev", "tmdb_id", "polled_utc", "popularity", None),
    "TMDB trending 2021, popularity": ("tmdb_trending_daily_2021_dev", "tmdb_id", "trend_day", "popularity", None),
    "TMDB trending, rank": ("tmdb_trending_rank_daily_dev", "tmdb_id", "polled_utc", "rank", None),
    "TMDB votes, hourly": ("tmdb_votes_hourly_dev", "title", "polled_utc", "vote_count", None),
    "IMDb moviemeter, rank": ("imdb_moviemeter_daily_dev", "imdb_id", "snapshot_utc", "meter_rank", None),
    "IMDb top 50, rank": ("imdb_top50_year_daily_dev", "title", "snapshot_utc", "rank", None),
    "Letterboxd, ratings": ("letterboxd_popular_daily_dev", "letterboxd_id", "snapshot_date", "rating_count", None),
}
PARTS = ("early", "late", "odd", "even")
HORIZONS = (1, 3, 12)
HEADER = (
    "| series | h | labels | films | to persistence | best baseline | to best baseline (95 %) | coverage | sign |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def series_of(name: str, folder: Path) -> SeriesFile:
    """One of the series, read."""
    file, film, when, value, width = SERIES[name]
    return read_series(
        folder / f"{file}.csv.gz",
        id_column=film,
        time_column=when,
        value_column=value,
        bin_seconds=parse_bin(width) if width else None,
    )


def part_of(series: SeriesFile, part: str) -> SeriesFile:
    """Half of a file, as if the rest did not exist: of its steps (`early`, `late`) or of its films (`odd`, `even`)."""
    if part in ("odd", "even"):
        names = sorted(series.values)[part == "even" :: 2]
        return replace(series, values={name: series.values[name] for name in names})
    steps = sorted({step for points in series.values.values() for step in points})
    middle = steps[len(steps) // 2]
    kept = {
        name: {step: value for step, value in points.items() if (step >= middle) == (part == "late")}
        for name, points in series.values.items()
    }
    return replace(series, values={name: points for name, points in kept.items() if points})


def rows(name: str, series: SeriesFile) -> list[str]:
    """Markdown rows of one series, one a horizon."""
    found = []
    for horizon, row in figures(series, HORIZONS)["horizons"].items():
        to_best, sign = row["to_best_baseline"], row["sign_accuracy"]
        low, high = to_best["interval"] or (float("nan"), float("nan"))
        found.append(
            f"| {name} | {horizon} | {row['labels']:,} | {row['films']:,} | {row['to_persistence']['ratio']:.3f} "
            f"| {row['best_baseline']} | {to_best['ratio']:.3f} ({low:.3f} … {high:.3f}) | {row['coverage']:.3f} "
            f"| {'' if sign is None else f'{sign:.2f}'} |"
        )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line; exit 2 when the data are not there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_table")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/series")
    parser.add_argument("--part", choices=PARTS, help="only half of each series")
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(SERIES)}")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in SERIES]
    if unknown:
        parser.error(f"no series {unknown[0]!r}")
    if not options.data.is_dir():
        print(f"{options.data}: no such folder", file=sys.stderr)
        return 2
    print(HEADER)
    for name in options.names or SERIES:
        series = series_of(name, options.data)
        print("\n".join(rows(name, part_of(series, options.part) if options.part else series)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
