# `make help` lists the targets; each is a thin call of a command that works without make.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
UV := .venv/bin/uv
COMPILE := $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.PHONY: help up status top stop test test-fast lint format types lock jars made schemas vendor

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Install what is missing, start everything, print the films trending
	./setup.sh up

status: ## What runs, since when, with how much memory and lag
	./setup.sh status

top: ## The films trending, live
	./setup.sh top

stop: ## Stop cleanly; the data stay
	./setup.sh stop

test: ## Every check and test
	./setup.sh test

test-fast: ## Checks and unit tests alone
	./setup.sh test --fast

lint: ## Style, format, types and layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PYTHON) -m mypy .
	.venv/bin/lint-imports

format: ## Put the code into the house's form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## Pin the packages that pyproject.toml asks for, with hashes
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(PYTHON) -m local.requirements

jars: ## Pin the jars that local/lock_jars.py asks for, with checksums
	$(PYTHON) -m local.lock_jars

made: ## Write the files that are made from others: images' packages, dashboards, Prometheus, Cassandra, Kubernetes
	$(PYTHON) -m local.requirements
	$(PYTHON) -m monitoring.grafana
	$(PYTHON) -m monitoring.prometheus_config
	$(PYTHON) -m local.nodes.cassandra_container
	$(PYTHON) -m local.kubernetes

schemas: ## Write the JSON Schemas of the topics to configs/schemas
	$(PYTHON) -m configs.export_schemas

vendor: ## Fetch the dashboard's third-party files again (npm; versions in serving/static/vendor/vendor.json)
	$(PYTHON) -m serving.vendor
