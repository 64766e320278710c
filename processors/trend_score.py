"""The TrendScore of one (film, window), DESIGN section 4: three parts in [0, 100] and their weighted mean."""

import math
from dataclasses import dataclass

from configs.settings import Settings


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """The formula's parameters; the weights sum to 1."""

    popularity_weight: float
    mentions_weight: float
    sentiment_weight: float
    popularity_reference: float
    """The TMDB popularity at which P reaches 100."""
    mentions_reference: float
    """The number of mentions in a window at which M reaches 100."""
    sentiment_prior: float
    """As many neutral mentions are added to the mean, so that one enthusiast does not make S 100."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "ScoreRule":
        """The rule with its weights normalised to sum 1."""
        total = settings.w1_popularity + settings.w2_mentions + settings.w3_sentiment
        return cls(
            settings.w1_popularity / total,
            settings.w2_mentions / total,
            settings.w3_sentiment / total,
            settings.popularity_reference,
            settings.mentions_reference,
            settings.sentiment_prior,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """P, M, S and the TrendScore, all in [0, 100]."""

    popularity: float
    mentions: float
    sentiment: float
    score: float


def trend_score(rule: ScoreRule, popularity: float | None, mentions: int, sentiment_sum: float) -> Parts:
    """The parts and the score.

    Args:
        rule: weights and references.
        popularity: TMDB's figure, >= 0; None (unknown) counts P = 0.
        mentions: in the window.
        sentiment_sum: the sum of the mentions' compounds, each in [-1, 1]; no mentions give S = 50.
    """
    p = _saturating(popularity or 0.0, rule.popularity_reference)
    m = _saturating(mentions, rule.mentions_reference)
    s = _clip(50.0 * (1.0 + sentiment_sum / (mentions + rule.sentiment_prior)))
    score = rule.popularity_weight * p + rule.mentions_weight * m + rule.sentiment_weight * s
    return Parts(p, m, s, _clip(score))


def _saturating(value: float, reference: float) -> float:
    """0 at 0, 100 from `reference` on, logarithmic between."""
    return 100.0 * min(1.0, math.log1p(value) / math.log1p(reference))


def _clip(value: float) -> float:
    """Rounding may leave [0, 100] by an ulp, which the contract refuses."""
    return min(100.0, max(0.0, value))
