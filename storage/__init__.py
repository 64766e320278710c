"""Cassandra: the schema as .cql files, and typed reading and writing."""
