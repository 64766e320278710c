"""Grafana's dashboards as code: `python -m monitoring.grafana` writes `dashboards/*.json`, which Grafana loads.

A dashboard is a list of `Panel`s (what to ask, what it means); `build` turns them into Grafana's JSON by its own SDK.
"""
