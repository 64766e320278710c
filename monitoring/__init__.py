"""Prometheus, and what watches the models."""
