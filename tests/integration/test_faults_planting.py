"""What the harness writes past the producers arrives, with whatever key, a tombstone without one included."""

from types import SimpleNamespace
from typing import cast

import pytest

from configs.topics import TREND_STREAM
from tests.faults.topics import TopicReader
from tests.faults.world import World

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("key", [None, b"", b"\xff\x00"])
def test_every_record_arrives_under_its_offset(kafka: str, key: bytes | None) -> None:
    world = cast(World, SimpleNamespace(settings=SimpleNamespace(kafka_bootstrap_servers=kafka), planted={}))
    offsets = World.plant(world, TREND_STREAM, [(None, "dead_letter"), (b"{", "dead_letter"), (b"", "")], key=key)
    found = {record.offset: record.value for record in TopicReader(kafka, TREND_STREAM).read()}
    assert [found[offset] for offset in offsets] == [None, b"{", b""]
    assert world.planted == {
        (TREND_STREAM, offset): verdict for offset, verdict in zip(offsets, ("dead_letter",) * 2 + ("",), strict=True)
    }
