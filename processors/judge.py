"""Which comments count: not the late ones, and of each comment only the first copy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.packing import Table
from processors.state import SEEN
from processors.windows import Ints, find

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict a comment; each comment is in exactly one of the three."""

    accepted: Mask
    late: Mask
    duplicate: Mask


def judge(comments: Table, seen: Table, watermark: int) -> Judgement:
    """Judge the comments of a micro-batch.

    Args:
        comments: COMMENT rows in record order, so that "first" means first in the topic.
        seen: SEEN rows, the comments judged before.
        watermark: ms; a comment created before it is late, whether it came before or not (its id is forgotten).
    """
    late = comments["time"] < watermark
    accepted = np.zeros(len(comments), np.bool_)
    in_time = np.flatnonzero(~late)
    if len(in_time):
        ids, firsts = _firsts(comments["id"][in_time])
        known = find(seen["id"], ids)[1]
        accepted[in_time[firsts[~known]]] = True
    return Judgement(accepted, late, ~accepted & ~late)


def remember(seen: Table, accepted: Table, watermark: int) -> Table:
    """The ids to know from now on: a comment older than the watermark is late anyway, so its id may go."""
    new = np.empty(len(accepted), SEEN)
    new["id"], new["time"] = accepted["id"], accepted["time"]
    merged = np.concatenate([seen[seen["time"] >= watermark], new[new["time"] >= watermark]])
    return merged[np.argsort(merged["id"])]  # no id is there twice


def _firsts(ids: Ints) -> tuple[Ints, Ints]:
    """The distinct ids in their order, and where each stands first.

    As `np.unique` with its index, without its stable sort, which costs more than all else here. In their order, ids are
    also looked up from one cache line to the next.
    """
    places = np.argsort(ids)
    ordered = ids[places]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[begins], np.minimum.reduceat(places, begins)
