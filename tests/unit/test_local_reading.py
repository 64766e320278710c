"""What people read: the table of films, the status of processes, logs, addresses, the choice of containers."""

import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from rich.console import Console

from configs.settings import Settings
from contracts.events import Prediction, TrendUpdate
from local import docker
from local.environment import local_settings
from local.logs import follow, log_files, show
from local.nodes.base import tail
from local.ports import free_port
from local.programs import Program, programs
from local.progress import JarProgress
from local.ranking import latest_ranking, table_of
from local.status import Pace, Probe, age_text, measure, memory_of, pace_of, probes, status_table
from local.supervision import ProcessState
from local.urls import urls
from storage.store import Store
from tests.support.ranking import START, Tables, forecast, trend
from tests.support.waiting import wait_until

NOW = datetime(2026, 6, 1, 12, 3, 4, tzinfo=UTC)


def tables(rows: list[TrendUpdate], forecasts: list[Prediction] | None = None) -> Store:
    return cast(Store, Tables(rows, forecasts or []))


def text_of(renderable: Any, width: int = 80) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


class TestRanking:
    NEXT = START + timedelta(minutes=1)

    def test_the_newest_closed_window_counts(self) -> None:
        rows = [trend(1), trend(2, start=self.NEXT, is_final=False), trend(3, start=self.NEXT)]
        ranking = latest_ranking(tables(rows, [forecast()]))
        assert ranking is not None
        assert ranking.window_start == START
        assert ranking.is_final

    def test_live_is_the_newest_window(self) -> None:
        ranking = latest_ranking(tables([trend(1), trend(2, start=self.NEXT, is_final=False)]), live=True)
        assert ranking is not None
        assert (ranking.window_start, ranking.is_final) == (self.NEXT, False)

    def test_a_window_waits_for_its_forecasts_while_the_one_before_has_some(self) -> None:
        rows = [trend(1), trend(2, start=self.NEXT)]
        ranking = latest_ranking(tables(rows, [forecast(1)]))
        assert ranking is not None
        assert ranking.window_start == START
        assert ranking.has_forecasts

    def test_without_any_forecast_the_newest_closed_window_counts(self) -> None:
        ranking = latest_ranking(tables([trend(1), trend(2, start=self.NEXT)]))
        assert ranking is not None
        assert ranking.window_start == self.NEXT
        assert not ranking.has_forecasts

    def test_nothing_closed_is_no_ranking(self) -> None:
        assert latest_ranking(tables([])) is None
        assert latest_ranking(tables([trend(is_final=False)])) is None

    def test_the_best_come_first_and_only_as_many_as_asked_for(self) -> None:
        rows = [trend(number, trend_score=float(number)) for number in range(1, 20)]
        ranking = latest_ranking(tables(rows), count=3)
        assert ranking is not None
        assert [row.movie_id for row, _ in ranking.rows] == [19, 18, 17]
        assert ranking.films == 19


class TestTable:
    def shown(self, row: TrendUpdate, prediction: Prediction | None = None, width: int = 80) -> str:
        ranking = latest_ranking(tables([row], [prediction] if prediction else []), live=True)
        assert ranking is not None
        return text_of(table_of(ranking, NOW), width)

    def test_every_figure_of_a_film_is_there(self) -> None:
        text = " ".join(self.shown(trend(), forecast()).split())
        for part in ("Film 1", "43.2", "40", "35", "55", "+0.25 n=3", "44.4 [30, 60]", "closed; 3 min 4 s ago"):
            assert part in text
        assert "2026-06-01 11:55 to 12:00 UTC" in text

    def test_a_long_title_leaves_the_figures_whole_on_80_columns(self) -> None:
        text = self.shown(trend(title="The Assassination of Jesse James by the Coward Robert Ford"), forecast())
        assert "44.4 [30, 60]" in text
        assert "+0.25 n=3" in text
        assert "The Assassination" in text
        assert all(len(line) <= 80 for line in text.splitlines())

    def test_what_is_not_known_is_shown_as_unknown(self) -> None:
        quiet = trend(mentions=0, mentions_text=0, mentions_thread=0, sentiment=None, popularity=None)
        text = self.shown(quiet)
        cells = [cell.strip() for cell in next(line for line in text.splitlines() if "Film 1" in line).split("│")]
        assert cells[4] == "?"
        assert cells[7:10] == ["0", "-", "-"]

    def test_an_open_window_says_so(self) -> None:
        assert "open, figures still grow" in " ".join(self.shown(trend(is_final=False)).split())


EXPOSITION = """\
# HELP lag x
# TYPE lag gauge
lag{topic="a"} 3.0
lag{topic="b"} 4.0
# TYPE newest gauge
newest{source="a"} 1000.0
newest{source="b"} 1500.0
"""


class TestStatus:
    def test_lag_is_summed_and_the_newest_event_taken(self) -> None:
        assert pace_of(EXPOSITION, Probe(1, "lag", "newest", shift_seconds=120)) == Pace(7, 1620.0)

    def test_what_a_service_does_not_say_is_unknown(self) -> None:
        assert pace_of(EXPOSITION, Probe(1, None, None)) == Pace(None, None)
        assert pace_of("# TYPE newest gauge\nnewest 0.0\n", Probe(1, "lag", "newest")) == Pace(None, None)

    def test_a_service_that_does_not_answer_is_unknown(self) -> None:
        assert measure(Probe(free_port(), "lag", "newest")) == Pace()

    def test_probes_are_of_programs_there_are(self) -> None:
        settings = Settings(_env_file=None)
        assert set(probes(settings)) <= {program.name for program in programs(settings, simulator=True)}

    @pytest.mark.parametrize(
        ("bound", "reached"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("192.0.2.1", "192.0.2.1")]
    )
    def test_the_api_is_asked_where_it_listens(self, bound: str, reached: str) -> None:
        hosts = {name: probe.host for name, probe in probes(Settings(_env_file=None, bind_address=bound)).items()}
        assert hosts.pop("serving") == reached
        assert set(hosts.values()) == {"127.0.0.1"}

    def test_memory_is_that_of_the_whole_family(self) -> None:
        own = memory_of(psutil.Process().pid)
        assert own is not None
        assert own >= 10 * 1024**2
        assert memory_of(None) is None
        assert memory_of(2**22 + 1) is None

    @pytest.mark.parametrize(
        ("seconds", "text"), [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (7_300, "2 h"), (200_000, "2 d")]
    )
    def test_ages_are_short(self, seconds: float, text: str) -> None:
        assert age_text(seconds) == text

    def test_a_line_a_process(self) -> None:
        states = [
            ProcessState("ml-service", "RUNNING", None, NOW - timedelta(minutes=3), 0),
            ProcessState("init", "EXITED", None, NOW - timedelta(seconds=5), 0),
            ProcessState("kafka", "EXITED", None, None, 78),
        ]
        text = text_of(status_table(states, {"ml-service": Pace(1_234, NOW.timestamp() - 9)}, NOW))
        lines = {name: line for line in text.splitlines() for name in ("ml-service", "init", "kafka") if name in line}
        for part in ("running", "3 min", "1,234", "9 s ago"):
            assert part in lines["ml-service"]
        assert "done" in lines["init"]
        assert "exited with 78" in lines["kafka"]


class TestLogs:
    def test_files_are_found_by_service(self, tmp_path: Path) -> None:
        for name in ("b.log", "a.log", "a.log.1"):
            (tmp_path / name).touch()
        assert [path.stem for path in log_files(tmp_path)] == ["a", "b"]
        assert [path.stem for path in log_files(tmp_path, "b")] == ["b"]

    def test_the_last_lines_are_shown_with_headings(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / f"{name}.log").write_text("".join(f"{name}{number}\n" for number in range(9)))
        written: list[str] = []
        show(log_files(tmp_path), 2, written.append)
        assert written == ["==> a <==", "a7\na8", "==> b <==", "b7\nb8"]
        assert tail(tmp_path / "none.log") == ""

    def test_new_lines_are_followed_also_into_a_rotated_file(self, tmp_path: Path) -> None:
        file = tmp_path / "a.log"
        file.write_text("old\n")
        written: list[str] = []
        began, done = threading.Event(), threading.Event()

        def stop() -> bool:
            began.set()
            return done.is_set()

        thread = threading.Thread(target=follow, args=([file], written.append, stop))
        thread.start()
        try:
            assert began.wait(10)
            with file.open("a") as log:
                log.write("one\nhalf")
            wait_until(lambda: written == ["a: one"])
            with file.open("a") as log:
                log.write(" more\n")
            wait_until(lambda: written == ["a: one", "a: half more"])
            file.write_text("new\n")
            wait_until(lambda: written[2:] == ["a: new"])
        finally:
            done.set()
            thread.join()


class TestAddresses:
    def test_only_what_answers_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", free_port())) as server:
            port = server.getsockname()[1]
            names = [name for name in Settings.model_fields if name.endswith("_port") and name != "mlflow_port"]
            settings = Settings(_env_file=None, mlflow_port=port, **{name: free_port() for name in names})  # type: ignore[arg-type]
            known = programs(local_settings(settings), simulator=True)
            without = [program for program in known if program.name != "mlflow"]
            assert urls(settings, known) == [("MLflow: forecasting runs and models", f"http://127.0.0.1:{port}")]
            assert urls(settings, without) == []

    @pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of Linux alone")
    def test_the_dashboard_is_named_by_the_address_it_listens_on(self) -> None:
        with socket.create_server(("127.0.0.2", 0)) as server:
            port = server.getsockname()[1]
            settings = Settings(_env_file=None, bind_address="127.0.0.2", serving_port=port)
            found = dict(urls(settings, [Program("serving", (), order=1)]))
            assert found["TrendScope: the dashboard"] == f"http://127.0.0.2:{port}/"


class TestDocker:
    @pytest.fixture
    def client(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        path = tmp_path / "docker"
        path.touch(mode=0o755)
        return path

    @pytest.fixture
    def compose_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "docker-compose.yml"
        path.touch()
        return path

    def test_a_client_without_an_engine_is_not_enough(self, client: Path, compose_file: Path) -> None:
        client.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
        assert docker.problem(compose_file) == "the Docker client is here, but no engine answers it"

    def test_a_client_that_answers_with_nothing_is_not_enough(self, client: Path, compose_file: Path) -> None:
        client.write_text("#!/bin/sh\nexit 0\n")
        assert docker.problem(compose_file) is not None

    def test_an_engine_that_answers_will_do(self, client: Path, compose_file: Path) -> None:
        client.write_text("#!/bin/sh\necho 28.0.1\n")
        assert docker.problem(compose_file) is None

    def test_an_engine_that_hangs_is_not_waited_for(
        self, client: Path, compose_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.write_text("#!/bin/sh\nexec sleep 60\n")
        monkeypatch.setattr(docker, "_ENGINE_SECONDS", 0.2)
        assert "did not answer" in (docker.problem(compose_file) or "")

    def test_without_a_client_or_a_compose_file_there_are_no_containers(
        self, tmp_path: Path, compose_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert docker.problem(compose_file) == "Docker is not installed"
        assert "no none.yml" in (docker.problem(tmp_path / "none.yml") or "")


class TestProgress:
    def test_without_a_terminal_there_is_a_line_now_and_then(self) -> None:
        console = Console(width=80, record=True, file=StringIO())
        with JarProgress(console) as progress:
            for number in range(101):
                progress("kafka", number, 100)
        assert [line.split(": ")[1] for line in console.export_text().splitlines()] == [
            "0 of 100",
            "25 of 100",
            "50 of 100",
            "75 of 100",
            "100 of 100",
        ]

    def test_a_terminal_gets_bars(self) -> None:
        console = Console(width=80, force_terminal=True, record=True, file=StringIO())
        with JarProgress(console) as progress:
            progress("kafka", 3, 46)
            progress("spark", 4, 4)
        text = console.export_text()
        assert "jars of kafka" in text
        assert "4/4" in text
