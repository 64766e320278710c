"""The faults, a module for each part they strike; importing this package registers them."""

from tests.faults.kinds import clock, disk, forecaster, job, messages, producers, servers, source, upgrade

__all__ = ["clock", "disk", "forecaster", "job", "messages", "producers", "servers", "source", "upgrade"]
