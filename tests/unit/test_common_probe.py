"""A container's health check says what the service says; the disk is among a service's metrics."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from common.disk import show_disk
from common.metrics import serve_metrics
from common.probe import main, problem
from tests.support.ports import free_port


def test_a_ready_service_is_healthy_and_one_that_is_not_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    trouble: list[str | None] = [None]
    serve_metrics("127.0.0.1", port, lambda: trouble[0])
    main([str(port)])
    trouble[0] = "no poll yet"
    with pytest.raises(SystemExit) as ended:
        main([str(port)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "503 no poll yet\n"
    assert problem(port, "/healthz") is None


def test_a_service_that_does_not_answer_is_not_healthy() -> None:
    assert "no answer" in (problem(free_port()) or "")


def test_the_disk_of_a_folder_that_is_not_there_yet_is_its_parents(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    show_disk(tmp_path / "not" / "yet", registry)
    free = registry.get_sample_value("trendscope_data_disk_free_bytes")
    size = registry.get_sample_value("trendscope_data_disk_size_bytes")
    assert free is not None
    assert size is not None
    assert 0 < free < size


def test_a_second_service_of_the_process_replaces_the_firsts_disk(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    show_disk(tmp_path, registry)
    show_disk(tmp_path, registry)
    assert len(list(registry.collect())) == 2
