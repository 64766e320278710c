"""`python -m serving`: the API and the dashboard."""

from common.service import run_service
from serving.service import main

if __name__ == "__main__":
    run_service("serving", main)
