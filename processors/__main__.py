"""`python -m processors`: the Spark job as a service."""

from common.service import run_service
from processors.service import run

if __name__ == "__main__":
    run_service("processors", run)
