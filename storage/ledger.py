"""The table `ledger`: what became of every comment, by Spark batch."""

from collections import Counter
from collections.abc import Iterable

from storage.codec import columns_of, from_row, values_of
from storage.database import Database
from storage.records import LedgerEntry

_COLUMNS = columns_of(LedgerEntry)
_BATCHES_A_BUCKET = 10_000
"""Bounds a partition to some 60,000 rows (six categories)."""

Bucket = tuple[str, int]
"""(job_id, batch_id // 10,000): a partition."""


class Ledger:
    """Counts by job, batch and category. A batch that is processed again writes its counts again: no sum changes."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the write."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert("ledger", ("bucket", *_COLUMNS))
        self._buckets = database.prepare("SELECT DISTINCT job_id, bucket FROM {ks}.ledger")
        self._sums = database.prepare(
            "SELECT category, sum(count) AS total FROM {ks}.ledger WHERE job_id = ? AND bucket = ? GROUP BY category"
        )
        self._rows = database.prepare(
            f"SELECT {', '.join(_COLUMNS)} FROM {{ks}}.ledger WHERE job_id = ? AND bucket = ?"  # noqa: S608
        )

    def upsert(self, entries: Iterable[LedgerEntry]) -> None:
        """Write counts by (job, batch, category); the write timestamp is the batch's number.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write(
            "ledger",
            (
                (self._insert, [bucket_of(entry)[1], *values_of(entry, _COLUMNS), entry.batch_id + 1, self._ttl])
                for entry in entries
            ),
        )

    def totals(self, job_id: str | None = None) -> dict[str, int]:
        """Comments by category, of one job or of all, as far back as rows are kept.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        sums: Counter[str] = Counter()
        for bucket in self._of_job(job_id):
            for row in self._database.read(self._sums, bucket):
                sums[row["category"]] += row["total"]
        return dict(sums)

    def entries(self, job_id: str) -> list[LedgerEntry]:
        """Every row of a job, by batch and category.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = [row for bucket in self._of_job(job_id) for row in self._database.read(self._rows, bucket)]
        return sorted(
            (LedgerEntry(**from_row(row)) for row in rows), key=lambda entry: (entry.batch_id, entry.category)
        )

    def _of_job(self, job_id: str | None) -> list[Bucket]:
        """The partitions of a job. Reading all partition keys is cheap here: there is one per 10,000 batches."""
        found = [(row["job_id"], row["bucket"]) for row in self._database.read(self._buckets)]
        return sorted(bucket for bucket in found if job_id is None or bucket[0] == job_id)


def bucket_of(entry: LedgerEntry) -> Bucket:
    """The partition an entry lies in."""
    return entry.job_id, entry.batch_id // _BATCHES_A_BUCKET
