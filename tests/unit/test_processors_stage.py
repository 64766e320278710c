"""A task's records become one packet a bucket, however Spark cuts them into Arrow batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.comments import invented_texts, known_films, to_event
from benchmarks.stages import linkable
from common.clock import from_millis, to_millis
from processors import stage
from processors.parse import Limits
from processors.records import Packet
from processors.snapshots import Snapshot, SnapshotFiles
from processors.stage import Stage
from tests.support.arrow import NOW, arrow

APPEND = to_millis(NOW)
LIMITS = Limits(body_bytes=10_000, future_skew=300_000)
KEYS = (4, 9)


@pytest.fixture
def step(tmp_path: Path) -> Iterator[Stage]:
    films = {film.movie_id: film for film in linkable(known_films(None, NOW))}
    SnapshotFiles(tmp_path).write(Snapshot(APPEND - 60_000, APPEND - 60_000, films, {}))
    stage._tools.cache_clear()
    yield Stage(tmp_path, KEYS, LIMITS)
    stage._tools.cache_clear()


def records(count: int) -> pa.RecordBatch:
    created = [APPEND - 7 * number for number in range(count)]
    texts = invented_texts(count)
    values = [to_event(texts[n], f"c{n:x}", created[n], from_millis(created[n])) for n in range(count)]
    values[count // 2] = b"{"
    return arrow(values)


def test_arrow_batches_of_a_task_become_one_packet_a_bucket(step: Stage) -> None:
    batch = records(400)
    [whole] = step([batch])
    [cut] = step([batch.slice(0, 150), batch.slice(150, 0), batch.slice(150, 250)])
    assert whole.column("bucket").to_pylist() == list(KEYS)
    assert whole.equals(cut)
    packets = [Packet.decode(value) for value in whole.column("packet").to_pylist()]
    assert [len(packet.comments) for packet in packets] == [399, 399]
    assert sum(len(packet.mentions) for packet in packets) > 200
    assert [packet.dead_letters for packet in packets] == [1, 0]
    assert set(whole.column("event_time").to_pylist()) == {NOW}


def test_a_task_without_records_has_no_packet(step: Stage) -> None:
    assert list(step([records(4).slice(0, 0)])) == []
