"""The platform shot at, and held to its promises: `python -m tests.faults --help`."""
