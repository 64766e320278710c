"""Real servers as plain processes of this machine: Apache Kafka and Apache Cassandra, one node each."""
