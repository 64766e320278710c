"""TMDB polls to tmdb_stream."""
