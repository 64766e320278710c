"""What is normal for a film: its own level, times the hour of the day, learned with forgetting and with shrinkage.

    expected mentions = level of the film · Σ over the span's minutes of profile(hour of the day)

Level: a gamma belief about mentions a minute. Its prior is that of an average film and counts as one mention, so a film
that nobody mentioned in a month has a level near zero, and one seen for the first time is not yet a sensation.
Profile: mentions of all films by hour of the day, UTC, relative to their mean, drawn towards 1 while few days are
known.
A film's own profile cannot be told from a few mentions a day; that of all films can.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEVEL_HALF_LIFE = timedelta(days=3)
"""A film's attention decays within days after its release: older counts would hold its normal too high for weeks."""
PROFILE_HALF_LIFE = timedelta(days=14)
"""Two weekends are in it."""
PRIOR_MENTIONS = 1.0
"""The prior's weight, in mentions: the exponential distribution, the widest gamma whose mode is not infinite at 0."""
PROFILE_PRIOR_MINUTES = 180.0
"""So much of flat profile is mixed into each hour of the day: after three days it weighs half."""
FIRST_CLUSTERING, LEAST_CLUSTERING, MOST_CLUSTERING = 0.3, 0.02, 1.5
"""Variance beyond Poisson's as a multiple of the squared mean: the first guess, and the bounds of what is learned, so
that neither an eerily even hour nor a wild one makes the test useless."""
EARLY_MINUTES = 30.0
"""The first half hour says little of the hours to come: the expectation is then as uncertain as it is large. Films'
levels have a longer tail than the prior, and until each has shown its own, a popular one would look like a breakout."""
_CLUSTERING_PRIOR = 50.0
"""Weight of the first guess, in squared expected mentions."""
_INFORMATIVE = 0.5
"""Expected mentions below which a window says nothing about clustering."""
_OUTLIER = 6.0
"""Deviations are cut at so many standard deviations: one unnoticed breakout must not make every later one normal."""
_DROPPED = 1e-6


@dataclass(slots=True)
class Baseline:
    """Everything learned; plain numbers, so that it can be saved."""

    mentions: dict[int, float] = field(default_factory=dict)
    """By film, forgetting."""
    minutes: float = 0.0
    """Minutes of history in hours' worth of an average hour, forgetting: the same for every film, also for one that was
    never mentioned."""
    films: int = 1
    """Films there are."""
    hour_mentions: list[float] = field(default_factory=lambda: [0.0] * 24)
    hour_minutes: list[float] = field(default_factory=lambda: [0.0] * 24)
    clustering_sum: float = FIRST_CLUSTERING * _CLUSTERING_PRIOR
    clustering_weight: float = _CLUSTERING_PRIOR

    @property
    def total(self) -> float:
        """Mentions of all films, forgetting."""
        return sum(self.mentions.values())

    @property
    def clustering(self) -> float:
        """Variance beyond Poisson's, as a multiple of the squared mean."""
        return min(MOST_CLUSTERING, max(LEAST_CLUSTERING, self.clustering_sum / self.clustering_weight))

    @property
    def spread(self) -> float:
        """What a count varies by beyond chance and beyond what is known of its film: squared, relative to the mean."""
        return self.clustering + (EARLY_MINUTES / max(self.minutes, 1.0)) ** 2

    def profile(self, at: datetime) -> float:
        """How busy this time of day is; 1 on average. Hours are joined by straight lines."""
        place = (at.hour + at.minute / 60 - 0.5) % 24
        hour, share = int(place), place % 1
        return self._hour(hour) * (1 - share) + self._hour((hour + 1) % 24) * share

    def rates(self) -> "Rates":
        """The levels as of now."""
        total = self.total
        average = max(total, PRIOR_MENTIONS) / max(self.minutes, 1.0) / max(self.films, 1)
        return Rates(self.mentions, PRIOR_MENTIONS / average + self.minutes, self.films, total)

    def learn(self, middle: datetime, minutes: float, counts: Mapping[int, int], films: int) -> None:
        """Take in one window.

        Args:
            middle: of the window.
            minutes: its length.
            counts: mentions by film; cut already for films that break out.
            films: how many there are.
        """
        busy = self.profile(middle)
        self._learn_clustering(counts, self.rates(), minutes * busy)
        fade = 0.5 ** (minutes * 60 / LEVEL_HALF_LIFE.total_seconds())
        faded = {film: value * fade for film, value in self.mentions.items() if value * fade > _DROPPED}
        for film, count in counts.items():
            if count:
                faded[film] = faded.get(film, 0.0) + count
        self.mentions = faded
        self.minutes = self.minutes * fade + minutes * busy
        self.films = max(films, 1)
        fade = 0.5 ** (minutes * 60 / PROFILE_HALF_LIFE.total_seconds())
        self.hour_mentions = [value * fade for value in self.hour_mentions]
        self.hour_minutes = [value * fade for value in self.hour_minutes]
        self.hour_mentions[middle.hour] += sum(counts.values())
        self.hour_minutes[middle.hour] += minutes

    def _hour(self, hour: int) -> float:
        minutes = sum(self.hour_minutes)
        mean = sum(self.hour_mentions) / minutes if minutes else 0.0
        if not mean:
            return 1.0
        mixed = self.hour_mentions[hour] + PROFILE_PRIOR_MINUTES * mean
        return mixed / (self.hour_minutes[hour] + PROFILE_PRIOR_MINUTES) / mean

    def _learn_clustering(self, counts: Mapping[int, int], rates: "Rates", exposure: float) -> None:
        """Moments: E[(N - m)²] = m + m² (1 / shape of the belief + clustering)."""
        now = self.clustering
        for film in self.mentions:
            mean = rates.of(film) * exposure
            if mean < _INFORMATIVE:
                continue
            belief = 1 / rates.shape(film)
            spread = mean + mean * mean * (belief + now)
            squared = min((counts.get(film, 0) - mean) ** 2, _OUTLIER**2 * spread)
            self.clustering_sum += squared - mean - mean * mean * belief
            self.clustering_weight += mean * mean
        fade = 0.5 ** (exposure * 60 / PROFILE_HALF_LIFE.total_seconds())
        self.clustering_sum *= fade
        self.clustering_weight *= fade


@dataclass(frozen=True, slots=True)
class Rates:
    """Levels at one moment."""

    mentions: Mapping[int, float]
    minutes: float
    """History and prior."""
    films: int
    known: float
    """Mentions of all films."""

    def of(self, film: int) -> float:
        """Expected mentions a minute of an average hour."""
        return (self.mentions.get(film, 0.0) + PRIOR_MENTIONS) / self.minutes

    def shape(self, film: int) -> float:
        """How well it is known: the gamma belief's shape."""
        return self.mentions.get(film, 0.0) + PRIOR_MENTIONS

    @property
    def all(self) -> float:
        """Expected mentions a minute of all films."""
        return (self.known + PRIOR_MENTIONS * self.films) / self.minutes
