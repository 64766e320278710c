"""How much a micro-batch takes."""

import pytest

from configs.settings import load_settings
from processors import job


@pytest.mark.parametrize(("module", "most"), [(None, 100_000), (object(), 1_000_000)])
def test_a_batch_is_as_large_as_can_be_done_soon(
    module: object | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "extension", lambda: module)
    options = job._source(load_settings(spark_max_offsets_per_trigger=None), cores=2)
    assert options["maxOffsetsPerTrigger"] == str(most)
    assert options["maxRecordsPerPartition"] == str(most // 4)


def test_a_setting_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "extension", object)
    assert job._source(load_settings(spark_max_offsets_per_trigger=7_000), cores=2)["maxOffsetsPerTrigger"] == "7000"
