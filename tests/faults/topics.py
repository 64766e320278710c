"""Topics read from outside, each record once, however often one looks."""

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from common.kafka import open_consumer

_DEADLINE = 60.0


class TopicReader:
    """All records of a topic of one partition; `read` adds those that are new."""

    def __init__(self, servers: str, topic: str) -> None:
        """Nothing is read yet."""
        self._servers, self.topic = servers, topic
        self.records: list[ConsumerRecord] = []

    def read(self) -> list[ConsumerRecord]:
        """The new records, up to the topic's present end. They are in `records` too.

        Raises:
            DependencyError: no broker answered.
        """
        consumer = open_consumer(self._servers, group=None, client_id="faults", deadline=_DEADLINE)
        try:
            partition = TopicPartition(self.topic, 0)
            consumer.assign([partition])
            consumer.seek(partition, self.records[-1].offset + 1 if self.records else 0)
            end = consumer.end_offsets([partition])[partition]
            new: list[ConsumerRecord] = []
            while consumer.position(partition) < end:
                for records in consumer.poll(timeout_ms=500).values():
                    new += [record for record in records if record.offset < end]
        finally:
            consumer.close()
        self.records += new
        return new
