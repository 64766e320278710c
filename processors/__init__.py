"""The Spark job: parse, link, score, aggregate, write; each step a pure function."""
