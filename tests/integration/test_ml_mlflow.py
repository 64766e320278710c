"""The run, its metrics and its models on a real MLflow server: what is logged scores again, and can lead again."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from common.clock import system_clock
from contracts.events import TrendUpdate
from local.environment import service_environment
from local.isolated import isolated_settings
from local.programs import programs
from ml_service import delivery, models, retention, snapshot
from ml_service.engine import Batch, Engine
from ml_service.errors import VersionError
from ml_service.events import Kind, ModelEvent
from ml_service.items import Answer, Figures, Logged, ModelPackage, Role, Span
from ml_service.metric_rows import named
from ml_service.mlflow_backend import MlflowBackend, connector
from ml_service.mlflow_run import code_version
from ml_service.package import INPUT_COLUMN, table_of
from ml_service.registry import EXPERIMENT, REGISTERED_MODEL, Registry
from ml_service.snapshot import Snapshot
from ml_service.tracking import Tracker
from ml_service.versions import Versions
from monitoring.drift import experiment
from monitoring.drift.evaluate import Column, Result
from monitoring.drift.reports import Reports
from tests.support.ml import CONFIG, START, updates
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(1200),
    # MLflow 3.17 warns about itself and its own dependencies while it logs and loads a model.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
ROWS = [row for row in updates(3, 40) if row.is_final]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tracking server as the platform starts it, on a port of its own."""
    folder = tmp_path_factory.mktemp("mlflow")
    settings = isolated_settings(folder)
    settings = settings.model_copy(update={"mlflow_tracking_uri": f"http://127.0.0.1:{settings.mlflow_port}"})
    program = next(one for one in programs(settings, simulator=False) if one.name == "mlflow")
    (folder / "mlflow").mkdir()
    environment = service_environment(settings, os.environ, {})
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(program.command, stdout=log, stderr=log, env=environment, start_new_session=True)
    url = settings.mlflow_tracking_uri
    try:
        wait_until(lambda: answers(url), 240, what="the MLflow server", poll=0.5)
        assert [line for line in processes(child.pid) if "huey" in line or "_job_runner" in line] == []
        yield url
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # it has nothing to save
        child.wait(30)


def processes(session: int) -> list[str]:
    done = subprocess.run(["ps", "-o", "args=", "-s", str(session)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def scored(versions: Versions) -> tuple[ModelPackage, Engine]:
    engine, batch = Engine(CONFIG), Batch()
    for row in ROWS[:90]:
        engine.process(row, batch)
    logged = (
        Logged(Role.CHAMPION, engine.champion, "steady", versions.keep(engine, engine.model.lead)),
        Logged(Role.CHALLENGER, engine.challenger, "quick", versions.keep(engine, engine.shadow)),
    )
    package = ModelPackage(
        snapshot.dump(Snapshot(engine, "topic", {0: 90})), engine.stream_time, engine.lineage, logged
    )
    after = Batch()
    for row in ROWS[90:110]:
        engine.process(row, after)
        package.updates.append(row)
    package.forecasts[Role.CHAMPION] += [row for row in after.predictions if row.actual is None]
    package.forecasts[Role.CHALLENGER] += after.shadow
    return package, engine


def aliases(client: Any) -> dict[str, int]:
    return {name: int(number) for name, number in client.get_registered_model(REGISTERED_MODEL).aliases.items()}


def test_a_run_has_parameters_metrics_and_models_that_score_the_same(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE_VERSION", "abc123")
    package, engine = scored(Versions(tmp_path / "versions"))
    backend = MlflowBackend(server, CONFIG)
    at = ROWS[-1].window_end
    values = {f"{name}_h{h}": value for h, score in engine.scores().items() for name, value in named(score).items()}
    backend.figures(Figures(at, values, Span(ROWS[0].window_start, at)))
    backend.figures(Figures(at, {}, Span(ROWS[0].window_start, at)))
    backend.model(package)
    client = mlflow.MlflowClient(tracking_uri=server)
    assert aliases(client) == {"champion": 1, "challenger": 2}
    assert client.get_run(backend.run_id).info.status == "RUNNING", "MLflow ends a run when a model is logged"

    evidence = {"p": "0.001", "forecasts": "2400", "champion_mae": "2.0", "challenger_mae": "1.5"}
    promotion = ModelEvent(Kind.PROMOTION, at, engine.challenger, engine.champion, 0.75, evidence)
    for _ in range(2):  # a service that was killed right after it tells the same again
        backend.event(promotion)
        assert aliases(client) == {"champion": 2, "challenger": 1}
    assert evidence_of(client, 2) == evidence
    assert evidence_of(client, 1) == {}
    backend.close()

    run = client.get_run(backend.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["horizons"] == "1,3"
    assert run.data.params["code_version"] == code_version() == "abc123"
    assert json.loads(run.data.params["configuration_quick"])["tree"] is False
    assert run.data.tags["data_from"] == ROWS[0].window_start.isoformat()
    assert run.data.tags["data_to"] == at.isoformat()
    assert run.data.metrics["mae_h1"] == pytest.approx(values["mae_h1"])
    assert run.data.metrics["event_promotion"] == 0.75
    assert client.get_metric_history(backend.run_id, "mae_h1")[0].timestamp == int(at.timestamp() * 1000)
    assert client.get_experiment(run.info.experiment_id).name == EXPERIMENT

    for number, role in ((1, Role.CHAMPION), (2, Role.CHALLENGER)):
        inputs, outputs = table_of(package, role)
        again = loaded_elsewhere(server, number, [json.loads(text) for text in inputs[INPUT_COLUMN]], tmp_path)
        assert again == json.loads(outputs.to_json(orient="records", double_precision=15))
        assert [TrendUpdate.decode(text) for text in inputs[INPUT_COLUMN]] == ROWS[90:110]


def evidence_of(client: Any, number: int) -> dict[str, str]:
    """Why a version leads, less what every event says."""
    tags = client.get_model_version(REGISTERED_MODEL, str(number)).tags
    found = {name.removeprefix("promotion_"): value for name, value in tags.items() if name.startswith("promotion_")}
    return {name: value for name, value in found.items() if name not in {"at", "champion"}}


def loaded_elsewhere(server: str, version: int, rows: list[object], folder: Path) -> object:
    """Load a version in a process of its own, away from the project, with the code that was logged."""
    (folder / "rows.json").write_text(json.dumps(rows))
    code = f"""
import json, mlflow, pandas
mlflow.set_tracking_uri({server!r})
model = mlflow.pyfunc.load_model("models:/{REGISTERED_MODEL}/{version}")
rows = pandas.DataFrame({{"{INPUT_COLUMN}": [json.dumps(row) for row in json.load(open("rows.json"))]}})
print(model.predict(rows).to_json(orient="records", double_precision=15))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: object = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_a_rollback_is_one_command_and_the_service_follows(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the test above: version 2 leads, version 1 led before."""
    monkeypatch.setattr(delivery, "REQUEST_SECONDS", 0.5)
    versions = Versions(tmp_path)
    package, engine = scored(versions)
    backend = MlflowBackend(server, CONFIG)
    package.lineage = 1
    package.led_since = ModelEvent(Kind.PROMOTION, ROWS[0].window_end, "a", "b", 0.8, {"p": "0.002"})
    backend.model(package)  # versions 3 and 4, after the lead changed
    tracker = Tracker(lambda: backend, versions=versions, model_seconds=600)
    said: list[str] = []
    service = threading.Thread(target=serve_one_request, args=(tracker, versions, engine))
    service.start()
    client = mlflow.MlflowClient(tracking_uri=server)
    registry = Registry(client)
    assert [evidence_of(client, number) for number in (3, 4)] == [{"p": "0.002"}, {}]
    assert models.run(argparse.Namespace(command="rollback", to=None, wait=60.0), registry, said.append) == 0
    service.join(60)
    assert "champion is version 1 (steady)" in said[0]  # version 2 was logged as challenger and led nobody
    assert said[1].startswith("the service: from 2026-03-01T")
    assert registry.aliases()["champion"] == 1

    (tmp_path / f"{package.models[1].learner}.learner").unlink()
    service = threading.Thread(target=serve_one_request, args=(tracker, versions, engine))
    service.start()
    assert models.run(argparse.Namespace(command="rollback", to=4, wait=60.0), registry, said.append) == 1
    service.join(60)
    tracker.close(30)
    assert "refused: version 4: its learner is not kept here" in said[3]
    models.run(argparse.Namespace(command="list"), registry, said.append)
    assert "champion" in next(line for line in said[4].splitlines() if line.split()[0] == "1"), "it leads on"


def serve_one_request(tracker: Tracker, versions: Versions, engine: Engine) -> None:
    """What the service's loop does with a request."""
    end = time.monotonic() + 60
    while (request := tracker.request()) is None and time.monotonic() < end:
        time.sleep(0.05)
    assert request is not None
    try:
        order = versions.order(engine, request.configuration, request.learner, request.version)
        tracker.answer(Answer(request, engine.time_of(order.step)))
    except VersionError as error:
        tracker.answer(Answer(request, None, str(error)))


def test_the_run_of_a_service_that_was_killed_is_ended_by_the_next_one(server: str) -> None:
    client = mlflow.MlflowClient(tracking_uri=server)
    others = client.create_run(experiment_id(client)).info.run_id
    killed = MlflowBackend(server, CONFIG)
    after = MlflowBackend(server, CONFIG)
    statuses = [client.get_run(one).info.status for one in (others, killed.run_id, after.run_id)]
    assert statuses == ["RUNNING", "KILLED", "RUNNING"]
    after.close()
    assert client.get_run(after.run_id).info.status == "FINISHED"


def test_a_lifetime_has_one_run_also_after_an_outage(server: str, tmp_path: Path) -> None:
    settings = isolated_settings(tmp_path).model_copy(update={"mlflow_tracking_uri": server})
    connect, client = connector(settings, CONFIG), mlflow.MlflowClient(tracking_uri=server)
    first = connect()
    first.close()  # what the delivery tries when the server has been away for minutes
    again = connect()
    assert again.run_id == first.run_id
    assert client.get_run(first.run_id).info.status == "RUNNING"
    client.delete_run(first.run_id)
    third = connect()
    assert third.run_id != first.run_id
    third.close()


def test_old_versions_are_deleted_with_their_files(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the tests above: version 1 leads in the lead before that of version 3, 4 is the challenger."""
    monkeypatch.setattr(retention, "KEPT", 2)
    monkeypatch.setattr(retention, "LEADS", 2)
    client = mlflow.MlflowClient(tracking_uri=server)
    sources = [client.get_model_version(REGISTERED_MODEL, str(number)).source for number in range(1, 5)]
    ids = [source.removeprefix("models:/") for source in sources]
    places = [client.get_logged_model(one).artifact_location for one in ids]
    assert all(get_artifact_repository(place).list_artifacts() for place in places)
    backend = MlflowBackend(server, CONFIG)
    package, _ = scored(Versions(tmp_path))
    package.lineage = 2
    client.delete_logged_model(ids[1])  # as somebody did it in MLflow's pages
    backend.model(package)
    backend.close()
    assert [one.number for one in Registry(client).versions()] == [6, 5, 3]
    assert aliases(client) == {"champion": 5, "challenger": 6}
    assert [bool(get_artifact_repository(place).list_artifacts()) for place in places] == [False, True, True, False]
    kept = {one.model_id for one in client.search_logged_models([experiment_id(client)])}
    assert [one in kept for one in ids] == [False, False, True, False]


def test_a_rollback_that_is_asked_for_while_models_are_logged_is_found(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = mlflow.MlflowClient(tracking_uri=server)
    registry, backend = Registry(client), MlflowBackend(server, CONFIG)
    package, _ = scored(Versions(tmp_path))
    log_model, champion = backend._log_model, registry.aliases()["champion"]

    def asked_meanwhile(item: ModelPackage, model: Logged) -> str:
        number = log_model(item, model)
        if model.role is Role.CHAMPION:
            registry.roll_back(champion, system_clock)
        return number

    monkeypatch.setattr(backend, "_log_model", asked_meanwhile)
    backend.model(package)
    request = backend.request()
    assert request is not None
    assert request.version == str(champion)
    backend.answer(Answer(request, ROWS[-1].window_end))
    backend.close()


def experiment_id(client: Any) -> str:
    return str(client.get_experiment_by_name(EXPERIMENT).experiment_id)


class Drawn:
    def save_html(self, path: str) -> None:
        Path(path).write_text("<p>plots</p>")

    def save_json(self, path: str) -> None:
        Path(path).write_text("{}")


def test_drift_reports_are_artifacts_of_the_days_run(server: str, tmp_path: Path) -> None:
    reports, client = Reports(tmp_path), mlflow.MlflowClient(server)
    runs = set()
    for hour, columns in ((0, {"error": 0.9}), (1, {"error": 0.1})):
        at = START + timedelta(hours=hour)
        found = {column: Column(score, score > 0.5) for column, score in columns.items()}
        result = Result(at, START, START, at, True, 3, 2, found)
        name = reports.save(result, Drawn())
        run = experiment.keep(server, name, result, reports.files(name))
        assert run is not None
        runs.add(run)
        kept = {one.path for one in client.list_artifacts(run, name)}
        assert kept == {f"{name}/{path.name}" for path in reports.files(name)}
    (run,) = runs
    assert {one.path for one in client.list_artifacts(run)} == set(reports.names())
    assert [point.value for point in client.get_metric_history(run, "drift_error")] == [0.9, 0.1]


def test_of_earlier_days_the_runs_are_ended_and_the_pages_deleted(server: str, tmp_path: Path) -> None:
    reports, client = Reports(tmp_path), mlflow.MlflowClient(server)
    runs = []
    for day in range(1, 5):
        at = START + timedelta(days=day)
        result = Result(at, START, START, at, True, 3, 2, {"error": Column(0.1, False)})
        name = reports.save(result, Drawn())
        runs.append((experiment.keep(server, name, result, reports.files(name)), name))
    pages, ended = [], []
    for run, name in runs:
        assert run is not None
        files = {one.path.partition(".")[2] for one in client.list_artifacts(run, name)}
        assert files >= {"json", "evidently.json"}
        pages.append("html" in files)
        ended.append(client.get_run(run).info.status)
    assert pages == [False, False, True, True]
    assert ended == ["FINISHED", "FINISHED", "FINISHED", "RUNNING"]
