"""Windows and panes as integers.

Event time is cut into panes of one slide, aligned to the epoch; a window is a whole number of panes and starts at a
pane. A pane, and a window by its first pane, is numbered by its start divided by the slide. With the film in the high
bits, one int64 is the key of a (film, pane) or a (film, window), and sorted arrays of such keys do for maps.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.settings import Settings

Ints = npt.NDArray[np.int64]

_BITS = 32
"""Seconds since the epoch fit until 2106, so a slide of one second still has its numbers; film ids take 31 bits."""
_MASK = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True)
class WindowRule:
    """When windows start and end, and how long they stay open. Milliseconds of event time."""

    slide: int
    panes: int
    """Panes in a window."""
    delay: int
    """How far the watermark is behind the newest event."""
    max_age: int
    """A film stays listed this long after TMDB was last seen to list it."""
    gap: int = 3_600_000
    """After a silence, windows of listed films are emitted for at most this last stretch of it: nobody needs a night's
    rows of nothing, and the stream is worth an hour's rows at once."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "WindowRule":
        """The rule as configured."""
        slide = _ms(settings.trend_slide_duration)
        window = _ms(settings.trend_window_duration)
        return cls(slide, window // slide, _ms(settings.watermark_delay), _ms(settings.popularity_max_age))

    def pane(self, times: Ints) -> Ints:
        """The panes that instants fall in."""
        return times // self.slide

    def start(self, windows: Ints) -> Ints:
        """The instants at which windows start, inclusive."""
        return windows * self.slide

    def end(self, windows: Ints) -> Ints:
        """The instants at which windows end, exclusive."""
        return (windows + self.panes) * self.slide

    def ending_in(self, after: int, until: int) -> Ints:
        """The windows whose end lies in (`after`, `until`]."""
        first, last = after // self.slide + 1, until // self.slide
        return np.arange(first - self.panes, last - self.panes + 1, dtype=np.int64)

    def containing(self, pane_keys: Ints) -> Ints:
        """The distinct (film, window) keys of the windows that contain the given (film, pane) keys."""
        return np.unique((pane_keys[:, None] - np.arange(self.panes)).ravel())


def make_keys(movies: npt.NDArray[Any], numbers: npt.NDArray[Any]) -> Ints:
    """The keys of (film, pane or window number)."""
    return (movies.astype(np.int64) << _BITS) | numbers.astype(np.int64)


def movie_of(keys: Ints) -> Ints:
    """The film of each key."""
    return keys >> _BITS


def number_of(keys: Ints) -> Ints:
    """The pane or window number of each key."""
    return keys & _MASK


def find(keys: Ints, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted key is in the sorted `keys`, and whether it is there (the place is meaningless if not)."""
    places = np.searchsorted(keys, wanted)
    inside = places < len(keys)
    places[~inside] = 0
    found = inside & (keys[places] == wanted) if len(keys) else inside
    return places, found


def _ms(duration: Any) -> int:
    return int(duration.total_seconds() * 1_000)
