# Needs GNU make and Python 3.11 or newer with its venv module; everything else goes into .venv by hash.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The steps build on each other (environment, words, run); nothing here gains from running side by side.
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
CATALOGUES := $(wildcard screens/words/*.po)

# Where TLS is inspected by a corporate proxy, its certificate stands in the system's store only, and neither pip nor uv
# looks there by itself. Whatever the user has set wins.
CA := $(or $(SSL_CERT_FILE),$(PIP_CERT),$(REQUESTS_CA_BUNDLE),$(firstword $(wildcard \
	/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt)))
DOWNLOAD := PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_PROGRESS=1
ifneq ($(CA),)
DOWNLOAD += PIP_CERT='$(CA)' SSL_CERT_FILE='$(CA)' REQUESTS_CA_BUNDLE='$(CA)' UV_SYSTEM_CERTS=1
endif

# $(call environment,dev) makes .venv hold what requirements-dev.lock names. .venv/ready-* remember the lock that was
# installed, so that a second call costs nothing and a changed lock is noticed. dev contains all that server has, in the
# same versions. uv is several times faster than pip; where it cannot work (an index known to pip only), pip does it.
define environment
	@set -e; \
	key() { cat "$$1" requirements-setup.lock | cksum | tr -d ' '; }; \
	lock=requirements-$(1).lock; \
	if [ -x $(PY) ] && ! $(PY) -c '' 2>/dev/null; then \
		echo "The Python behind $(VENV) is gone: making $(VENV) again."; rm -rf $(VENV); \
	fi; \
	if [ -x $(PY) ] && [ "$$(cat $(VENV)/ready-$(1) 2>/dev/null)" = "$$(key $$lock)" ]; then exit 0; fi; \
	if ! [ -x $(PY) ]; then \
		command -v $(PYTHON) >/dev/null || { \
			echo "$(PYTHON) is missing. On Debian or Ubuntu: apt install python3 python3-venv" >&2; exit 1; }; \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "Samooh needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
				"Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }; \
		echo "Making a virtual environment in $(VENV) with $$($(PYTHON) -V)."; \
		$(PYTHON) -m venv $(VENV); \
	fi; \
	echo "Installing what $$lock names, each file checked against its hash (a minute or two the first time)."; \
	rm -f $(VENV)/ready-*; \
	if $(DOWNLOAD) $(PY) -m pip install -q --require-hashes -r requirements-setup.lock && \
	   $(DOWNLOAD) $(PY) -m uv pip install -q --python $(PY) --require-hashes -r $$lock; then :; else \
		echo "uv did not manage; installing with pip instead, which takes longer."; \
		$(DOWNLOAD) $(PY) -m pip install -q --require-hashes -r $$lock || { \
			echo "The installation failed. It needs the network once; behind a proxy set HTTPS_PROXY," \
				"and SSL_CERT_FILE if the proxy has its own certificate. Then run the same command again." >&2; \
			exit 1; }; \
	fi; \
	$(DOWNLOAD) $(PY) -m uv pip install -q --python $(PY) --no-deps --no-build-isolation --offline -e . 2>/dev/null || \
		$(PY) -m pip install -q --no-deps --no-build-isolation --no-index -e . || { \
			echo "The command samooh could not be put into $(VENV); python -m operations.samooh does the same." >&2; }; \
	if [ $(1) = dev ]; then key requirements-server.lock > $(VENV)/ready-server; fi; \
	key $$lock > $(VENV)/ready-$(1); \
	echo "Ready."
endef

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: environment-server environment-dev
environment-server:
	$(call environment,server)
environment-dev:
	$(call environment,dev)

.PHONY: setup
setup: environment-dev words ## Make .venv with all that running, testing and checking need

.PHONY: demo
demo: environment-server words ## Tell the story with a real server and two phones, then serve the app (ONCE=1: stop after the story; GROUPS=40: fewer groups)
	@$(PY) -m operations.demo $(if $(ONCE),--once) $(if $(GROUPS),--groups $(GROUPS))

.PHONY: app
app: environment-server words ## Open the app by itself
	@$(PY) main.py

# Both commands run, whatever the first one says: a failing unit test must not hide what the browser shows. A browser on a
# loaded machine drops a tap now and then: journeys that fail are gone once more, on a fresh demo, and what fails twice fails.
.PHONY: test
test: environment-dev words ## Run all tests, one process per core (JOBS=1: one after the other); what this machine lacks is skipped and named
	@failed=0; \
	$(PY) -m pytest -n $(or $(JOBS),auto) || failed=1; \
	$(PY) -m pytest tests/browser || { \
		echo "These journeys once more, on a fresh demo; what fails again is a failure."; \
		$(PY) -m pytest tests/browser --last-failed --last-failed-no-failures none; } || failed=1; \
	exit $$failed

# The real app in Chromium, at every screen; ends with a mistake where a person would stumble.
.PHONY: tour
tour: environment-dev words ## Photograph every screen into docs/tour and look for text cut off, small targets, missing letters
	@$(PY) -m tests.tour

# Phones, a console and a server under every fault, as many seeds as are asked for; a failing one is made short and told.
.PHONY: simulate
simulate: environment-dev ## Hold the laws of sync against seeded faults on all cores (SEEDS=100000: a night's worth)
	@$(PY) -m tests.property.simulate --seeds $(or $(SEEDS),2000)

.PHONY: check
check: lint types rooms ## Check style, types and who imports whom

# A full run takes a quarter of an hour or longer and several GB in the temporary folder; nothing else should be running.
.PHONY: bench
bench: environment-dev ## Measure speed and bytes, about 20 minutes (BENCH=quick: about 3)
	@$(PY) -m bench --scale $(or $(BENCH),full)

.PHONY: lint types rooms
lint: environment-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
types: environment-dev
	$(PY) -m mypy
rooms: environment-dev
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache --no-logo

.PHONY: format
format: environment-dev ## Put all files into the common style
	$(PY) -m ruff check --fix-only --select I .
	$(PY) -m ruff format .

.PHONY: migration
migration: environment-dev ## Write the next step of the centre's tables (name="what changed")
	@$(PY) -m operations.write_migration $(name)

.PHONY: words
words: $(CATALOGUES:.po=.mo) ## Compile the word catalogues that have changed

ifneq ($(CATALOGUES),)
$(CATALOGUES:.po=.mo) &: $(CATALOGUES) | $(PY)
	@$(PY) -m screens.words.compile
endif

$(PY):
	$(call environment,server)

# One resolution for all: the smaller locks take their versions from the largest. --universal, so that the same files
# serve every system and every Python from 3.11; no index is written into them, so that a mirror can serve as well.
COMPILE := UV_CUSTOM_COMPILE_COMMAND='make lock' $(DOWNLOAD) $(PY) -m uv --no-config pip compile -q --universal \
	--generate-hashes --no-emit-index-url --python-version 3.11 $(if $(UPGRADE),--upgrade)
.PHONY: lock
lock: environment-dev ## Write the locks anew from pyproject.toml (UPGRADE=1: take newer versions)
	$(COMPILE) pyproject.toml --extra server --extra dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --extra server -c requirements-dev.lock -o requirements-server.lock
	$(COMPILE) pyproject.toml -c requirements-dev.lock -o requirements.lock
	$(COMPILE) --group setup -o requirements-setup.lock

.PHONY: clean
clean: ## Remove the environment, the caches and the compiled words
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build screens/words/*.mo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
