"""What the daemons of a Spark standalone cluster (master, worker) need beside Spark: metrics, logs, a health check."""
