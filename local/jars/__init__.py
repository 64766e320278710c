"""The jars of Kafka, Cassandra and Spark's Kafka connector: pinned, fetched with Apache Ivy, verified."""
