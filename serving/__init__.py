"""The HTTP API and the live dashboard: what the platform knows, each figure with its source and its age."""
