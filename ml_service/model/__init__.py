"""The pure forecaster: no Kafka, no clock, no files. Same input, same output, bit for bit."""
