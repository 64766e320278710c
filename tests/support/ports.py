"""Ports nobody listens on."""

from local.ports import free_port, free_ports

__all__ = ["free_port", "free_ports"]
