"""The run, its metrics and its model on a real MLflow server; the model scores again what the service scored."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from contracts.events import TrendUpdate
from ml_service import snapshot
from ml_service.engine import Batch, Engine
from ml_service.metric_rows import named
from ml_service.mlflow_backend import EXPERIMENT, REGISTERED_MODEL, MlflowBackend, code_version
from ml_service.package import INPUT_COLUMN, table_of
from ml_service.snapshot import Snapshot
from ml_service.tracking import Figures, ModelPackage
from tests.support.ml import CONFIG, updates
from tests.support.ports import free_port
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
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url), 240, what="the MLflow server", poll=0.5)
        yield url
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # the server and its workers; it has nothing to save
        child.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def scored() -> tuple[ModelPackage, Engine]:
    engine, batch = Engine(CONFIG), Batch()
    for row in ROWS[:90]:
        engine.process(row, batch)
    package = ModelPackage(snapshot.dump(Snapshot(engine, "topic", {0: 90})))
    after = Batch()
    for row in ROWS[90:110]:
        engine.process(row, after)
        package.updates.append(row)
    package.forecasts += [row for row in after.predictions if row.actual is None]
    return package, engine


def test_a_run_has_parameters_metrics_and_a_model_that_scores_the_same(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE_VERSION", "abc123")
    package, engine = scored()
    backend = MlflowBackend(server, CONFIG)
    at = ROWS[-1].window_end
    values = {f"{name}_h{h}": value for h, score in engine.scores().items() for name, value in named(score).items()}
    backend.figures(Figures(at, values))
    backend.model(package)
    backend.model(package)
    backend.close()

    client = mlflow.MlflowClient(tracking_uri=server)
    run = client.get_run(backend.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["horizons"] == "1,3"
    assert run.data.params["code_version"] == code_version() == "abc123"
    assert run.data.tags["data_to"] == at.isoformat()
    assert run.data.metrics["mae_h1"] == pytest.approx(values["mae_h1"])
    assert client.get_metric_history(backend.run_id, "mae_h1")[0].timestamp == int(at.timestamp() * 1000)
    assert client.get_experiment(run.info.experiment_id).name == EXPERIMENT
    assert client.get_model_version_by_alias(REGISTERED_MODEL, "champion").version in {2, "2"}

    inputs, outputs = table_of(package)
    again = loaded_elsewhere(server, [json.loads(text) for text in inputs[INPUT_COLUMN]], tmp_path)
    assert again == json.loads(outputs.to_json(orient="records", double_precision=15))
    assert [TrendUpdate.decode(text) for text in inputs[INPUT_COLUMN]] == ROWS[90:110]


def loaded_elsewhere(server: str, rows: list[object], folder: Path) -> object:
    """Load the first version in a process of its own, away from the project, with the code that was logged."""
    (folder / "rows.json").write_text(json.dumps(rows))
    code = f"""
import json, mlflow, pandas
mlflow.set_tracking_uri({server!r})
model = mlflow.pyfunc.load_model("models:/{REGISTERED_MODEL}/1")
rows = pandas.DataFrame({{"{INPUT_COLUMN}": [json.dumps(row) for row in json.load(open("rows.json"))]}})
print(model.predict(rows).to_json(orient="records", double_precision=15))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: object = json.loads(done.stdout.strip().splitlines()[-1])
    return found
