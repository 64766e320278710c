"""One bucket's step: state and a micro-batch's packets in, new state and window rows out. Pure, and independent of how
the micro-batch was cut into packets and in which order they came.

Windows and rows. A (film, window) gets a row when its data changed, once when stream time has passed its end (for
films without a mention too, when TMDB lists them), and a final one when the watermark has passed its end. Stream time
is the watermark plus its delay: the newest event of the batches before.
"""

from collections.abc import Sequence

import numpy as np

from processors import observations as obs
from processors.judge import Judgement, Mask, judge, remember
from processors.packing import Table
from processors.records import (
    COMMENT,
    MENTION,
    OBSERVATION,
    SENTIMENT_UNIT,
    WINDOW,
    Category,
    DocumentKind,
    Documents,
    FoldOutput,
    Packet,
    stack,
)
from processors.state import EMITTED, PANE, PANE_SUMS, BucketState
from processors.windows import Ints, WindowRule, find, make_keys, movie_of, number_of

_POSITIVE = SENTIMENT_UNIT // 20
"""VADER's own threshold for a positive text, 0.05 (and -0.05 for a negative one)."""


def fold(
    state: BucketState, packets: Sequence[Packet], watermark: int, rule: WindowRule, *, lead: bool
) -> tuple[BucketState, FoldOutput]:
    """Fold one micro-batch into a bucket.

    Args:
        state: the bucket's; not changed.
        packets: all the micro-batch has for this bucket, in any order.
        watermark: ms of event time, from the batches before; 0 until a comment was seen.
        rule: windows.
        lead: whether this bucket reports the comments' ledger (exactly one does).
    """
    comments = _in_record_order([packet.comments for packet in packets])
    verdict = judge(comments, state.seen, watermark)
    accepted = comments[verdict.accepted]
    panes, changed_panes = _add_mentions(state.panes, packets, accepted, rule)
    observed = obs.merge(state.observations, _in_order(stack([p.observations for p in packets], OBSERVATION)))
    mark = state.mark
    if mark is None and len(accepted):
        mark = int(accepted["time"].min())
    stream_time = watermark + rule.delay if watermark else 0

    candidates = [
        rule.containing(changed_panes),
        _popularity_changed(state.emitted, observed, rule),
        _passed(state.emitted, observed, mark, stream_time, rule),
        state.emitted["key"][rule.end(number_of(state.emitted["key"])) <= watermark],
    ]
    rows = _rows(np.unique(np.concatenate(candidates)), state.emitted, panes, observed, rule)
    rows["final"] = rule.end(rows["window"]) <= watermark

    last_append = max([state.last_append, *(packet.last_append for packet in packets)])
    panes = panes[(number_of(panes["key"]) + rule.panes) * rule.slide > watermark]
    emitted = _remember_emitted(state.emitted, rows, watermark, rule)
    in_use = np.concatenate([movie_of(panes["key"]), movie_of(emitted["key"])])
    after = BucketState(
        seen=remember(state.seen, accepted, watermark),
        panes=panes,
        emitted=emitted,
        observations=obs.prune(observed, in_use, watermark, last_append, rule),
        mark=mark if mark is None else max(mark, stream_time),
        last_append=last_append,
    )
    output = FoldOutput(
        windows=rows,
        ledger=_ledger(comments, verdict, packets) if lead else {},
        documents=_documents(packets, accepted),
        last_append=max((packet.last_append for packet in packets), default=last_append),
        first_comment=min((packet.first_comment for packet in packets if packet.first_comment), default=0),
        watermark=watermark,
        uncertain=sum(packet.uncertain for packet in packets),
    )
    return after, output


def _in_record_order(tables: Sequence[Table]) -> Table:
    """All comments by their place in the topic. Each task reads one piece of it, so whole tables mostly follow."""
    some = [table for table in tables if len(table)]
    comments = stack(sorted(some, key=lambda table: int(table["order"][0])), COMMENT)
    order = comments["order"]
    return comments[np.argsort(order)] if (order[1:] < order[:-1]).any() else comments


def _in_order(observations: Table) -> Table:
    """Rows that came with a poll first, so that their append time is the one kept."""
    return observations[np.lexsort((-observations["append"], observations["fetched"], observations["movie"]))]


def _add_mentions(panes: Table, packets: Sequence[Packet], accepted: Table, rule: WindowRule) -> tuple[Table, Ints]:
    """The panes with the accepted comments' mentions added, and the keys of those that changed."""
    mentions = stack([packet.mentions for packet in packets], MENTION)
    places, counted = find(accepted["order"], mentions["order"])
    mentions, times = mentions[counted], accepted["time"][places[counted]]
    new = np.zeros(len(mentions), PANE)
    new["key"] = make_keys(mentions["movie"], rule.pane(times))
    new["thread"] = mentions["thread"]
    new["text"] = 1 - mentions["thread"]
    new["sentiment"] = mentions["sentiment"]
    new["positive"] = mentions["sentiment"] >= _POSITIVE
    new["negative"] = mentions["sentiment"] <= -_POSITIVE
    both = np.concatenate([panes, new])
    keys, inverse = np.unique(both["key"], return_inverse=True)
    merged = np.zeros(len(keys), PANE)
    merged["key"] = keys
    for name in PANE_SUMS:
        np.add.at(merged[name], inverse, both[name])
    return merged, np.unique(new["key"])


def _popularity_changed(emitted: Table, observed: Table, rule: WindowRule) -> Ints:
    """Emitted windows whose popularity is another by now."""
    keys = emitted["key"]
    now = _popularity(observed, keys, rule)[0]
    return keys[~_same(now, emitted["popularity"])]


def _same(left: Table, right: Table) -> Mask:
    """Equal, where unknown equals unknown."""
    return np.isclose(left, right, rtol=0, atol=0, equal_nan=True)


def _passed(emitted: Table, observed: Table, mark: int | None, stream_time: int, rule: WindowRule) -> Ints:
    """Windows whose end stream time has passed since the last batch, of listed films, without a row so far."""
    if mark is None or stream_time <= mark:
        return np.empty(0, np.int64)
    windows = rule.ending_in(max(mark, stream_time - rule.gap), stream_time)
    films = obs.listed_films(observed, stream_time, rule.max_age)
    keys = make_keys(np.repeat(films, len(windows)), np.tile(windows, len(films)))
    return keys[~find(emitted["key"], keys)[1]]


def _popularity(observed: Table, keys: Ints, rule: WindowRule) -> tuple[Table, Table, Table]:
    """Popularity (NaN: unknown), its fetched_at and the rank (0: none) that hold for each (film, window)."""
    places = obs.latest_before(observed, movie_of(keys), rule.end(number_of(keys)))
    padded = np.concatenate([observed, np.zeros(1, OBSERVATION)])  # -1 finds the last row: nothing is known
    padded["popularity"][-1] = np.nan
    found = padded[places]
    fetched = np.where(np.isnan(found["popularity"]), 0, found["fetched"])
    return found["popularity"], fetched, found["rank"]


def _rows(keys: Ints, emitted: Table, panes: Table, observed: Table, rule: WindowRule) -> Table:
    """The windows' rows as they are now, each with its next revision."""
    rows = np.zeros(len(keys), WINDOW)
    rows["movie"], rows["window"] = movie_of(keys), number_of(keys)
    for pane in range(rule.panes):
        places, found = find(panes["key"], keys + pane)
        for name in PANE_SUMS:
            rows[name][found] += panes[name][places[found]]
    rows["popularity"], rows["observed"], rows["rank"] = _popularity(observed, keys, rule)
    places, found = find(emitted["key"], keys)
    rows["revision"] = 1
    rows["revision"][found] += emitted["revision"][places[found]].astype(np.int32)
    return rows


def _remember_emitted(emitted: Table, rows: Table, watermark: int, rule: WindowRule) -> Table:
    """What was emitted of the windows that are still open."""
    new = np.empty(len(rows), EMITTED)
    new["key"] = make_keys(rows["movie"], rows["window"])
    new["popularity"], new["revision"] = rows["popularity"], rows["revision"]
    old = emitted[~np.isin(emitted["key"], new["key"])]
    merged = np.concatenate([old, new])
    merged = merged[rule.end(number_of(merged["key"])) > watermark]
    return merged[np.argsort(merged["key"])]


def _ledger(comments: Table, verdict: Judgement, packets: Sequence[Packet]) -> dict[str, int]:
    with_film = comments["films"] > 0
    return {
        Category.COUNTED.value: int(np.count_nonzero(verdict.accepted & with_film)),
        Category.DUPLICATE.value: int(np.count_nonzero(verdict.duplicate)),
        Category.LATE.value: int(np.count_nonzero(verdict.late)),
        Category.WITHOUT_FILM.value: int(np.count_nonzero(verdict.accepted & ~with_film)),
        Category.DEAD_LETTER.value: sum(packet.dead_letters for packet in packets),
        Category.NOT_ORGANIC.value: sum(packet.not_organic for packet in packets),
    }


def _documents(packets: Sequence[Packet], accepted: Table) -> dict[DocumentKind, Documents]:
    """All packets' documents in record order; examples only of comments that count."""
    merged = {kind: Documents() for kind in DocumentKind}
    for packet in packets:
        for kind, some in packet.documents.items():
            merged[kind].orders += some.orders
            merged[kind].values += some.values
    examples = merged[DocumentKind.EXAMPLE]
    counts = find(accepted["order"], np.array(examples.orders, np.int64))[1].tolist()
    kept = [pair for pair, ok in zip(zip(examples.orders, examples.values, strict=True), counts, strict=True) if ok]
    merged[DocumentKind.EXAMPLE] = Documents([order for order, _ in kept], [value for _, value in kept])
    return {kind: _sorted(some) for kind, some in merged.items()}


def _sorted(documents: Documents) -> Documents:
    pairs = sorted(zip(documents.orders, documents.values, strict=True))
    return Documents([order for order, _ in pairs], [value for _, value in pairs])
