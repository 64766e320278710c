"""The dashboard in a real browser, over a serving process that reads a real Cassandra."""
