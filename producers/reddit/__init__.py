"""Reddit comments to reddit_stream."""
