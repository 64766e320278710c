"""A topic read from outside, from its first record to its present end."""

import time
from typing import TypeVar

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from common.kafka import open_consumer
from contracts.events import Event

E = TypeVar("E", bound=Event)

_DEADLINE = 120.0
"""Seconds for the broker's answer, and then for all records, on a machine that is busy with other things."""


def read_topic(servers: str, topic: str, model: type[E]) -> list[tuple[E, ConsumerRecord]]:
    """Every message of a topic, in the order of each partition, with its record.

    Raises:
        DependencyError: no broker answered.
        ContractError: a message is none of this model.
    """
    consumer = open_consumer(servers, group=None, client_id="test", deadline=_DEADLINE)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        assert partitions, f"topic {topic} is not there"
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[tuple[E, ConsumerRecord]] = []
        give_up = time.monotonic() + _DEADLINE
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < give_up, f"{len(found)} records of {topic} in {_DEADLINE:.0f} s, to {ends}"
            for records in consumer.poll(timeout_ms=500).values():
                found += [(model.decode(record.value), record) for record in records]
        return found
    finally:
        consumer.close()
