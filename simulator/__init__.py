"""Speaks the HTTP APIs of TMDB and Reddit when there are no keys, with a known truth behind every comment."""
