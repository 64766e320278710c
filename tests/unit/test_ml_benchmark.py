"""The benchmark understands its files, and its figures are what they say."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import forecast as benchmark
from benchmarks import forecast_memory, forecast_speed, forecast_table
from benchmarks.series_file import SeriesFile, parse_bin, parse_time, read_series


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes(gzip.compress("\n".join(["film,when,count", *lines]).encode()))
    return path


def read(path: Path, **options: object) -> SeriesFile:
    return read_series(path, id_column="film", time_column="when", value_column="count", **options)  # type: ignore[arg-type]


def test_counts_with_zeros_left_out_are_summed_and_their_gaps_are_zero(tmp_path: Path) -> None:
    lines = [
        "a,2026-01-01T00:03:00Z,1",
        "a,2026-01-01T00:07:00Z,2",
        "a,2026-01-01T00:31:00Z,1",
        "b,2026-01-01T00:01:00Z,1",
    ]
    series = read(write(tmp_path / "x.csv.gz", lines), bin_seconds=600)
    assert (series.missing, series.aggregate) == ("zero", "sum")
    start = int(parse_time("2026-01-01")) // 600
    assert series.values == {"a": {start: 3.0, start + 3: 1.0}, "b": {start: 1.0}}
    filled = list(benchmark.with_zeros(series, quiet=2))
    assert filled == [
        (start, "a", 3.0, True), (start, "b", 1.0, True), (start + 1, "a", 0.0, True), (start + 1, "b", 0.0, True),
        (start + 3, "a", 1.0, True),
    ]  # fmt: skip


def test_levels_keep_the_last_value_and_their_gaps_are_unknown(tmp_path: Path) -> None:
    lines = [f"a,2026-01-{day:02}T07:0{day % 5}:00Z,{100 + day}.5" for day in (1, 2, 3, 5, 6)]
    series = read(
        write(tmp_path / "x.csv.gz", [*lines, "a,2026-01-06T07:03:00Z,7", "a,2026-01-07T07:00:00Z,", "b,x,1"][:-1])
    )
    assert (series.step_seconds, series.missing, series.aggregate) == (86_400, "unknown", "last")
    steps = sorted(series.values["a"])
    assert [step - steps[0] for step in steps] == [0, 1, 2, 4, 5]
    assert series.values["a"][steps[-1]] == 7.0


def test_polls_around_midnight_have_a_bin_each(tmp_path: Path) -> None:
    lines = ["a,2026-01-01T23:58:00Z,9.5", "a,2026-01-03T00:03:00Z,9.6", "a,2026-01-03T23:59:00Z,9.7"]
    assert len(read(write(tmp_path / "x.csv.gz", lines)).values["a"]) == 3


@pytest.mark.parametrize(("text", "seconds"), [("10min", 600), ("1h", 3600), ("2d", 172_800), ("30s", 30)])
def test_bins(text: str, seconds: int) -> None:
    assert parse_bin(text) == seconds


@pytest.mark.parametrize("text", ["10", "min", "0h", "1.5h", "-1d"])
def test_bins_written_otherwise_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="10min"):
        parse_bin(text)


HEAD = b"film,when,count\n"
GOOD = HEAD + b"a,2026-01-01T00:00:00Z,1.5\na,2026-01-01T02:00:00+01:00,2.5\n"


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        gzip.compress(GOOD),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD + b"b\nb,2026-01-01\nb,,\nb,2026-01-01,\n,2026-01-01,7\nb,2026-01-01,NaN\n",
    ],
    ids=["plain", "gzipped", "byte order mark", "CRLF", "rows without a value"],
)
@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_any_csv_is_read_whatever_its_name(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    (points,) = read(tmp_path / name).values.values()
    assert list(points.values()) == [1.5, 2.5]
    assert [step - min(points) for step in points] == [0, 1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column 'film'"),
        (HEAD, "no row has a number"),
        (gzip.compress(GOOD)[:40], "damaged"),
        (gzip.compress(GOOD)[:20] + b"\0\xff" * 40, "damaged"),
        (HEAD + b'"' + b"x" * 200_000 + b'",2026-01-01,1\n', "no CSV"),
        (GOOD.decode().encode("utf-16"), "UTF-8"),
        (GOOD + b"a,,3\n", "line 4: '' in column 'when'"),
        (GOOD + b"a,yesterday,3\n", "line 4: 'yesterday' in column 'when'"),
        (GOOD + b"a,2026-01-01T03:00:00Z,-1e300\n", "line 4: -1e300 is too large"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    data: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    assert benchmark.main([str(tmp_path / "x.csv"), "--id", "film", "--time", "when", "--value", "count"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "x.csv" in err


def test_a_wrong_column_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "x.csv.gz", ["a,2026-01-01,5"])
    assert benchmark.main([str(path), "--id", "film", "--time", "when", "--value", "votes"]) == 2
    assert "votes" in capsys.readouterr().err


def run(path: Path, *options: str) -> int:
    return benchmark.main([str(path), "--id", "film", "--time", "when", "--value", "count", *options])


def test_horizons_may_be_given_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "x.csv.gz", [f"a,2026-01-{day:02},{day % 7}.5" for day in range(1, 20)])
    assert run(path, "--horizons", "12, 1,1") == 0
    assert list(json.loads(capsys.readouterr().out)["horizons"]) == ["1", "12"]


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        *(("--horizons", text, "whole numbers") for text in ("0", "-1", "1,x", "", "1.5")),
        ("--bin", "10 minutes", "write a bin like 10min"),
    ],
)
def test_options_written_otherwise_are_refused_in_a_sentence(
    option: str, text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "x.csv.gz", f"{option}={text}")
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    [lambda _: 0.0, lambda _: 7.0, lambda day: -50.0 + day % 9, lambda day: (-1) ** day * 1e30 / day, lambda _: 1e-320],
    ids=["nothing", "constant", "negative", "large", "tiny"],
)
def test_whatever_the_values_it_is_json_of_numbers(
    value: Callable[[int], float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{film},2026-01-{day:02},{value(day)!r}" for film in "ab" for day in range(1, 20)]
    assert run(write(tmp_path / "x.csv.gz", lines)) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["horizons"]
    assert [figures["labels"] for figures in found.values()] == [36, 32, 14]
    assert all(0 <= figures["coverage"] <= 1 and figures["width"] >= 0 for figures in found.values())


def test_the_unit_of_mase_is_the_error_of_no_change_one_step_ahead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(4)
    lines = [
        f"{film},{np.datetime64('2026-01-01T00:00') + 10 * number},{1 + int(rng.expovariate(1))}"
        for film in "ab"
        for number in range(400)
        if rng.random() < 0.1  # most steps are zeros, which are left out, and a day and a half is silent
        and not 150 < number < 370
    ]
    assert run(write(tmp_path / "x.csv.gz", lines), "--bin", "10min", "--horizons", "1") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["missing_bins"] == "zero"
    figures = report["horizons"]["1"]
    assert figures["films"] == 2
    assert figures["mase"] == pytest.approx(figures["to_persistence"]["ratio"], rel=0.1)


def test_one_film_has_no_interval_over_films(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "x.csv.gz", [f"a,2026-01-{day:02},{day % 7}.5" for day in range(1, 20)])
    assert run(path) == 0
    for figures in json.loads(capsys.readouterr().out)["horizons"].values():
        assert figures["to_persistence"]["ratio"] > 0
        assert figures["to_persistence"]["interval"] is figures["to_best_baseline"]["interval"] is None


def test_the_speed_counts_the_forecasts_whose_outcome_is_unknown_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.csv.gz", [f"a,2026-01-{day:02},{day % 7}.5" for day in range(1, 20, 2)])
    monkeypatch.setattr(benchmark, "evaluate", lambda *_: (None, {1: [], 3: []}, 2.0))
    assert benchmark.figures(read(path, bin_seconds=86_400), (1, 3))["seconds_per_1000_forecasts"] == 100.0


def decaying(tmp_path: Path) -> Path:
    rng, lines = random.Random(1), []
    for film in range(8):
        level = rng.uniform(1e4, 1e6)
        for day in range(90):
            level *= 0.97
            gross = level * (1 + 0.6 * (day % 7 in {4, 5})) * rng.uniform(0.9, 1.1)
            lines.append(f"f{film},{np.datetime64('2026-01-01') + day},{gross:.0f}")
    return write(tmp_path / "x.csv.gz", lines)


def test_the_report_is_consistent_and_better_than_not_trying(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main([str(decaying(tmp_path)), "--id", "film", "--time", "when", "--value", "count"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["missing_bins"] == "unknown"
    assert set(report["horizons"]) == {"1", "3", "12"}
    for horizon, figures in report["horizons"].items():
        assert figures["labels"] == 8 * (90 - int(horizon))
        best = figures["baseline_mae"][figures["best_baseline"]]
        assert best == min(figures["baseline_mae"].values())
        assert figures["to_best_baseline"]["ratio"] == pytest.approx(figures["mae"] / best, abs=1e-4)
        low, high = figures["to_best_baseline"]["interval"]
        assert low <= figures["to_best_baseline"]["ratio"] <= high
        assert figures["to_persistence"]["ratio"] < 1


def test_with_shuffled_values_there_is_no_skill(tmp_path: Path) -> None:
    series = read(decaying(tmp_path))
    outcomes = benchmark.evaluate(series, (1,), shuffle=True)[1][1]
    values = [value for points in series.values.values() for value in points.values()]
    median = float(np.median(values))
    own = np.mean([abs(outcome.error) for outcome in outcomes])
    assert own > 0.97 * np.mean([abs(outcome.actual - median) for outcome in outcomes])


@pytest.mark.data
def test_real_attention_is_forecast_better_than_by_any_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).parents[3] / "shared/data/series/tmdb_popular_daily_dev.csv.gz"
    if not path.exists():
        pytest.skip("the data are not here")
    assert benchmark.main([str(path), "--id", "tmdb_id", "--time", "polled_utc", "--value", "popularity"]) == 0
    figures = json.loads(capsys.readouterr().out)["horizons"]
    assert all(row["to_best_baseline"]["ratio"] < 1.02 and 0.77 < row["coverage"] < 0.83 for row in figures.values())


def test_the_table_has_a_row_a_horizon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f"2026-01-{day:02}T07:00:00Z,{film},{50 + (day * film) % 9}.5" for day in range(1, 20) for film in (1, 2, 3)
    ]
    text = "\n".join(["polled_utc,tmdb_id,popularity", *lines])
    (tmp_path / "tmdb_lists_daily_dev.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert forecast_table.main(["--data", str(tmp_path), "TMDB lists, popularity"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[1:3] for row in table[2:]] == [["1", "54"], ["3", "48"], ["12", "21"]]
    assert forecast_table.main(["--data", str(tmp_path), "--part", "odd", "TMDB lists, popularity"]) == 0
    assert [row.split(" | ")[2] for row in capsys.readouterr().out.splitlines()[2:]] == ["36", "32", "14"]
    assert forecast_table.main(["--data", str(tmp_path / "none")]) == 2


def test_the_parts_of_a_file_are_halves_that_make_up_the_whole(tmp_path: Path) -> None:
    series = read(decaying(tmp_path))
    for parts in (("early", "late"), ("odd", "even")):
        halves = [forecast_table.part_of(series, part).values for part in parts]
        points = [{(film, step) for film, known in half.items() for step in known} for half in halves]
        assert not points[0] & points[1]
        assert points[0] | points[1] == {(film, step) for film, known in series.values.items() for step in known}
    early, late = (forecast_table.part_of(series, part).values for part in ("early", "late"))
    assert max(max(known) for known in early.values()) < min(min(known) for known in late.values())


def test_the_speed_benchmark_measures_what_it_says() -> None:
    figures = forecast_speed.measure(films=2, count=80)
    assert figures["updates"] == 160
    assert 0 < figures["median_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert figures["memory_end_mb"] > 0


def test_the_memory_benchmark_replaces_films_and_goes_on_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_memory, "_LIFE", 10)
    films = [row.movie_id for row in forecast_memory.passing(4, 25)]
    assert len(set(films[:4])) == 4
    assert len(set(films)) > 8  # each place has had its third film by then, or its fourth
    assert all(abs(films.index(film) - (len(films) - 1 - films[::-1].index(film))) < 40 for film in set(films))
    lines = list(forecast_memory.measure(4, 80))
    assert [line["updates"] for line in lines] == list(range(4, 81, 4))
    assert lines[-1]["films"] == len(set(films[:80]))  # a week is not over: none is forgotten yet
    assert all(line["resident_mb"] > 0 and line["state_mb"] > 0 for line in lines)
