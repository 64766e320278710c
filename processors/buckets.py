"""Bucket keys that Spark's hash partitioning spreads evenly: one bucket a shuffle partition.

Small integers taken as keys fall together in one partition about as often as not, and then one core does all the
folding. So each bucket's key is chosen by the hash itself.
"""

from itertools import count

_SEED = 42
"""Spark's seed for hash partitioning (org.apache.spark.sql.catalyst.expressions.HashExpression)."""
_MASK = 0xFFFFFFFF


def bucket_keys(partitions: int) -> tuple[int, ...]:
    """For each shuffle partition the smallest non-negative int that Spark sends there."""
    keys: dict[int, int] = {}
    for candidate in count():
        keys.setdefault(spark_hash(candidate) % partitions, candidate)
        if len(keys) == partitions:
            break
    return tuple(keys[partition] for partition in range(partitions))


def spark_hash(value: int) -> int:
    """Spark SQL's `hash` of one int32: MurmurHash3 x86_32 of its four bytes, as a signed 32-bit number."""
    k = value & _MASK
    k = (k * 0xCC9E2D51) & _MASK
    k = _rotate(k, 15)
    k = (k * 0x1B873593) & _MASK
    h = _rotate(_SEED ^ k, 13)
    h = (h * 5 + 0xE6546B64) & _MASK
    h ^= 4  # the length in bytes
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = ((h ^ (h >> shift)) * factor) & _MASK
    h ^= h >> 16
    return h - (1 << 32) if h >> 31 else h


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK
