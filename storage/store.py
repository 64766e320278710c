"""The store: typed reads and writes of every table. Made by `Store.open`, closed with `close`."""

from datetime import timedelta
from types import TracebackType
from typing import Self

from cassandra.cluster import Session

from configs.settings import Settings
from contracts.errors import DependencyError
from storage import migrations
from storage.breakouts import Breakouts
from storage.connection import REQUEST_SECONDS, connect, retried
from storage.database import Database
from storage.ledger import Ledger
from storage.mentions import Mentions
from storage.model_metrics import ModelMetrics
from storage.momentum import Momentum
from storage.movies import Movies
from storage.predictions import Predictions
from storage.trends import Trends

PATIENCE_SECONDS = 60.0
"""A node restarts in 10 to 30 s; a service that waits twice that long sees it come back instead of dying with it."""


class SchemaMissingError(DependencyError):
    """The keyspace or a table is not there yet: `python -m storage.init_cassandra` has not run to its end."""


class Store:
    """One session and its tables. Safe to use from several threads; not across a fork."""

    def __init__(self, session: Session, settings: Settings, patience: float) -> None:
        """Prepare every statement on a connected session; use `open`."""
        self._session = session
        database = Database(session, migrations.keyspace_of(settings), patience)
        trend_ttl, prediction_ttl = _seconds(settings.trend_ttl_days), _seconds(settings.prediction_ttl_days)
        self.movies = Movies(database)
        self.trends = Trends(database, trend_ttl)
        self.mentions = Mentions(database, _seconds(settings.mention_ttl_days))
        self.predictions = Predictions(database, prediction_ttl, settings.forecast_horizons)
        self.metrics = ModelMetrics(database, prediction_ttl)
        self.ledger = Ledger(database, trend_ttl)
        self.momentum = Momentum(database, trend_ttl)
        self.breakouts = Breakouts(database, trend_ttl)

    @classmethod
    def open(cls, settings: Settings, *, patience: float = PATIENCE_SECONDS) -> Self:
        """Connect, wait until the schema is there, prepare.

        Args:
            settings: hosts, port, keyspace, TTLs, `startup_deadline`.
            patience: seconds each later read or write is repeated while Cassandra is away.

        Raises:
            DependencyError: Cassandra or its schema was not there before `settings.startup_deadline`.
            ConfigurationError: the keyspace's name is no CQL name.
        """
        keyspace = migrations.keyspace_of(settings)
        session = connect(settings, settings.startup_deadline, min(patience, REQUEST_SECONDS))
        try:
            _await_schema(session, keyspace, settings.startup_deadline)
            return cls(session, settings, patience)
        except BaseException:
            session.cluster.shutdown()
            raise

    def close(self) -> None:
        """Disconnect; what was written is written."""
        self._session.cluster.shutdown()

    def __enter__(self) -> Self:
        """For `with Store.open(settings) as store:`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _await_schema(session: Session, keyspace: str, deadline: float) -> None:
    def check() -> None:
        missing = migrations.pending(session, keyspace)
        if missing:
            raise SchemaMissingError(", ".join(missing))

    retried(
        check,
        deadline,
        f"the keyspace {keyspace} was not up to date for {deadline:.0f} s: run `python -m storage.init_cassandra`",
        also=(SchemaMissingError,),
    )


def _seconds(days: int) -> int:
    return int(timedelta(days=days).total_seconds())
