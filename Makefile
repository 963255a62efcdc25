# `make help` lists the targets. Everything runs in .venv, made on first use.

PYTHON ?= python3.11
VENV := .venv
DATA := $(or $(TXCAT_DATA_DIR),var)
STATIC := $(or $(TXCAT_STATIC_DIR),$(DATA)/static)
BIN := $(VENV)/bin
export PYTHONUNBUFFERED := 1
COVERAGE ?= --cov --cov-report=term

.DEFAULT_GOAL := help
.PHONY: help serve prepare run-web run-worker test browser promtool redis lint types checks bench clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

serve: prepare ## Install, migrate, bootstrap; start web and worker on PORT (8000)
	@echo "Starting: http://127.0.0.1:$${PORT:-8000}/admin/ is ready in some seconds. Ctrl-C stops it."
	@exec $(BIN)/python -m txcat.serve

prepare: $(VENV)/installed $(STATIC)/staticfiles.json
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py sync_schedules
	@$(BIN)/python manage.py bootstrap

run-web: $(VENV)/installed ## Start the web processes alone
	@exec $(BIN)/python -m gunicorn -c txcat/gunicorn.conf.py txcat.wsgi

run-worker: $(VENV)/installed ## Start the worker alone
	@exec $(BIN)/python manage.py qcluster

test: $(VENV)/installed-dev browser promtool redis ## Run the tests, with coverage
	$(BIN)/python -m pytest $(COVERAGE) $(ARGS)

browser:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || .ci/install-browser

promtool:
	@command -v "$${PROMTOOL:-promtool}" >/dev/null || test -x .cache/bin/promtool || .ci/install-promtool

redis:
	@command -v "$${REDIS_SERVER:-redis-server}" >/dev/null || test -x .cache/bin/redis-server || .ci/install-redis

lint: $(VENV)/installed-dev ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev ## Check types
	$(BIN)/mypy .

checks: $(VENV)/installed-dev ## Check migrations, and the settings as deployed
	$(BIN)/python manage.py makemigrations --check --dry-run
	.ci/check-deploy

bench: prepare ## Measure: engine, API, a file
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.api
	$(BIN)/python -m benchmarks.bulk

clean: ## Remove the virtual environment and caches; the data directory stays
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(STATIC)/staticfiles.json: $(VENV)/installed $(shell find classifier/static experiments/static monitoring/static -type f)
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt requirements-web.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
