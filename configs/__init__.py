"""Settings, topics, topic schemas and logging: what every service is configured with."""
