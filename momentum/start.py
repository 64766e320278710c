"""Where the service begins: at the state that was saved, or anew."""

from configs.logging import get_logger
from configs.settings import Settings
from configs.topics import BREAKOUTS_STREAM
from momentum import state
from momentum.engine import Engine, Lengths
from momentum.service import Sink
from storage.store import Store

log = get_logger(__name__)

_MOST = 1_000
"""Breakouts looked at: far more than begin in `rule.LONGEST`, after which each of them is over."""


def restore(store: Store, settings: Settings) -> Engine:
    """The engine as it was saved, or a new one.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    lengths = Lengths(settings.trend_window_duration, settings.trend_slide_duration)
    saved = store.momentum.state()
    engine = state.load(saved[1], lengths, settings.breakout_false_alarms) if saved else None
    if engine is None:
        log.warning("state_new", reason="no state of this version and these windows" if saved else "nothing saved yet")
        return Engine(lengths, settings.breakout_false_alarms)
    log.info("state_ready", last=engine.last, films=len(engine.baseline.mentions))
    return engine


def end_unfollowed(engine: Engine, store: Store, sink: Sink) -> None:
    """With a new engine, end the breakouts that the one before followed: nothing else would ever say they are over.

    They end when they were last seen to go on. A film that is still spoken of breaks out again.

    Raises:
        DependencyError: Cassandra or Kafka is away.
    """
    if engine.last is not None:
        return
    left = [each for each in store.breakouts.latest(_MOST) if each.status == "active"]
    ended = [each.model_copy(update={"status": "ended", "ended_at": each.last_at}) for each in left]
    if not ended:
        return
    store.breakouts.upsert(ended)
    for breakout in ended:
        log.warning("breakout_unfollowed", breakout=breakout.breakout_id, ended_at=breakout.last_at)
        sink.send(BREAKOUTS_STREAM, breakout)
    sink.flush()
