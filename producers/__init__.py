"""From an HTTP API to a Kafka topic; one package a source."""
