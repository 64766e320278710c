"""Attention against a film's own normal: growth, share of voice, rank movement, breakouts."""
