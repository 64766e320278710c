"""What is known of the films' popularity at each moment: tables of OBSERVATION, sorted by film, then by fetched_at."""

import numpy as np
import numpy.typing as npt

from processors.packing import Table
from processors.windows import Ints, WindowRule

_MOST_PER_FILM = 720
"""Of one pane each. It only matters while no comment moves the watermark: polls would pile up without it. Less would be
wrong after an outage, whose polls are read at once and before the windows they hold for are final."""
_PENDING = 180_000
"""ms of append time for which a poll's row is kept although nobody spoke of the film yet. By then the workers use a
catalogue that has it (`catalogue.PUBLISH_EVERY`), and a comment brings it along."""
_MOMENT_BITS = 42
"""Milliseconds since the epoch fit until 2109; 21 bits are left for the films of one bucket."""


def merge(known: Table, new: Table) -> Table:
    """Both tables' rows, each (film, fetched_at) once; of two, the one already known or first in `new` stays."""
    if not len(new):
        return known
    rows: Table = np.concatenate([known, new])
    rows = rows[np.lexsort((np.arange(len(rows)), rows["fetched"], rows["movie"]))]
    same = (rows["movie"][1:] == rows["movie"][:-1]) & (rows["fetched"][1:] == rows["fetched"][:-1])
    rows = rows[np.concatenate([[True], ~same])]
    # A film that left the lists is followed for a while: each row remembers when a list last had it.
    ranks = np.cumsum(_is_last(rows)[:-1])
    films = np.concatenate([[0], ranks]) << _MOMENT_BITS
    rows["listed"] = np.maximum.accumulate(films | rows["listed"]) - films
    return rows


def latest_before(observations: Table, movies: Ints, moments: Ints) -> Ints:
    """For each film and moment the place of its latest row fetched before it, else of its earliest row; -1 for none."""
    if not len(observations):
        return np.full(len(movies), -1, np.int64)
    films, starts, counts = np.unique(observations["movie"], return_index=True, return_counts=True)
    ranks = np.repeat(np.arange(len(films)), counts)
    keys = (ranks << _MOMENT_BITS) | observations["fetched"]
    at = np.searchsorted(films, movies)
    at[at == len(films)] = 0
    before = np.searchsorted(keys, (at << _MOMENT_BITS) | moments) - 1
    return np.where(films[at] == movies, np.maximum(before, starts[at]), -1).astype(np.int64)


def listed_films(observations: Table, stream_time: int, max_age: int) -> Table:
    """The films that a list of TMDB's had in the `max_age` ms before stream time, or since."""
    rows = observations[_is_last(observations)]
    return rows["movie"][(rows["listed"] > 0) & (rows["listed"] >= stream_time - max_age)]


def prune(observations: Table, in_use: Ints, watermark: int, last_append: int, rule: WindowRule) -> Table:
    """Drop what no open or later window can need.

    Args:
        observations: the table.
        in_use: the films with mentions or emitted windows that are still open.
        watermark: ms. Of rows fetched before it, a film's last one suffices.
        last_append: the newest append time, ms.
        rule: windows end between panes, so of a film's rows in one pane the last one suffices; but its earliest row
            holds for windows from before it. A film is known for `max_age`, listed or not: when it comes back, its
            popularity at a window's end is not the one it came back with. Counted from the watermark, that is a little
            longer than `listed_films` needs.
    """
    last, fetched = _is_last(observations), observations["fetched"]
    fresh = last & ((fetched >= watermark - rule.max_age) | (observations["append"] >= last_append - _PENDING))
    keep_film = np.isin(observations["movie"], observations["movie"][fresh]) | np.isin(observations["movie"], in_use)
    followed = np.zeros(len(observations), np.bool_)
    same_pane = rule.pane(fetched[1:]) == rule.pane(fetched[:-1])
    earliest = np.concatenate([[True], last[:-1]])[: len(last)]
    followed[:-1] = ~last[:-1] & ((fetched[1:] <= watermark) | (same_pane & ~earliest[:-1]))
    return _cap(observations[keep_film & ~followed])


def _is_last(observations: Table) -> npt.NDArray[np.bool_]:
    """Which rows are their film's newest."""
    last = np.ones(len(observations), np.bool_)
    last[:-1] = observations["movie"][1:] != observations["movie"][:-1]
    return last


def _cap(observations: Table) -> Table:
    _, counts = np.unique(observations["movie"], return_counts=True)
    from_end = np.repeat(np.cumsum(counts), counts) - np.arange(len(observations))
    return observations[from_end <= _MOST_PER_FILM]
