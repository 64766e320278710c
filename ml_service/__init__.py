"""Forecasts TrendScores from trend_stream, learns online, and says how much better it is than not trying."""
