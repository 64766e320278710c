"""Kubernetes manifests from docker-compose.yml: `python -m local.kubernetes` writes `deploy/kubernetes/`.

One description of the services for both: what compose says of images, commands, settings, limits, health and
confinement is said once. What Kubernetes wants beyond it (claims, probes, one network name a service) is decided here.
"""
