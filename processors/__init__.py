"""The Spark job: parse, link, score, aggregate by (film, window), write. Each step is a pure function of its input.

Read in the order of the data's way: `parse` and `stage` (a record becomes numbers), `fold` (numbers become windows),
`sink` (windows reach Cassandra and the topics); `job` wires them to Spark.
"""
