"""What the Kafka client takes from other packages."""

from kafka.record import util
from kafka.record._crc32c import crc as crc_in_python


def test_records_are_checked_by_the_compiled_checksum() -> None:
    record = b"one of many records"

    assert util.crc32c_c is not None, "the client fell back on its own checksum in Python"
    assert util.calc_crc32c(record) == crc_in_python(record)
