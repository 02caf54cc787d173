# The machine needs Python 3.11 or 3.12, make and git, and must reach PyPI and npm. All else (uv,
# node, solc, anvil, libraries) goes into this folder: .venv, node_modules, .build and .wellhead.

UV_VERSION := 0.13.9
PYTHONS := $(or $(PYTHON),python3.12 python3.11 python3 python)
STATE := .wellhead

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Caches and settings stay in this folder, whatever HOME is; another environment must not leak in.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX UV_PYTHON PIP_TARGET PIP_PREFIX PIP_USER
export UV_CACHE_DIR := $(CURDIR)/$(STATE)/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/$(STATE)/cache/pip
export npm_config_cache := $(CURDIR)/$(STATE)/cache/npm
export XDG_CACHE_HOME := $(CURDIR)/$(STATE)/cache
export XDG_DATA_HOME := $(CURDIR)/$(STATE)/data
# pip asks rustc for its version, and rustup's rustc writes its settings.
export RUSTUP_HOME := $(CURDIR)/$(STATE)/rustup
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export UV_PYTHON_DOWNLOADS := never
# Trust what the machine trusts, as pip does.
export UV_SYSTEM_CERTS ?= true
export NODE_USE_SYSTEM_CA ?= 1
ifdef SSL_CERT_FILE
export NODE_EXTRA_CA_CERTS ?= $(SSL_CERT_FILE)
endif

# A stamp's name holds the hash of what was installed, and the stamp lies in what it vouches for.
key = $(shell { pwd; cat $(1) /dev/null; } | cksum | tr ' ' '-')
UV := $(STATE)/uv/bin/uv
UV_STAMP := $(STATE)/uv/ok-$(UV_VERSION)-$(call key,)
PYTHON_STAMP := .venv/ok-$(call key,uv.lock pyproject.toml)
NODE_STAMP := node_modules/ok-$(call key,package-lock.json)
TMP := mkdir -p $(STATE)/tmp && TMPDIR="$(CURDIR)/$(STATE)/tmp"
RUN := .venv/bin/python -m wellhead.toolchain exec
PROVE := $(STATE)/prove
PROVE_FILES := $(addprefix tests/proofs/,pyproject.toml uv.lock package.json package-lock.json)
PROVE_STAMP := $(PROVE)/ok-$(call key,$(PROVE_FILES))
PROMETHEUS := $(STATE)/prometheus/usr/bin/prometheus

.PHONY: help setup demo test lint types gas fuzz prove mutate coverage load docs package prometheus clean

help:
	@echo "make setup   install everything into this folder and compile the contracts"
	@echo "make demo    a real cluster through the whole market, on a local chain (TRACE=FILE)"
	@echo "make test    all tests"
	@echo "make lint    ruff"
	@echo "make types   mypy"
	@echo "make gas     gas of every operation, against the committed snapshot (RENEW=1 renews it)"
	@echo "make fuzz    the property tests with new seeds, for HOURS=1; what fails goes to .wellhead/fuzz"
	@echo "make prove   Halmos on the arithmetic, Slither on the contracts (RENEW=1: its page)"
	@echo "make mutate  whether the tests notice small mistakes in the contracts (WORKERS=2)"
	@echo "make coverage  which lines and branches of the contracts the tests reach (RENEW=1: its page)"
	@echo "make load    a large market and a year of a hundred clusters: gas, lists, the audit"
	@echo "make docs    renew every command output in README.md and docs/"
	@echo "make prometheus  Debian's Prometheus for its test, unpacked into this folder"
	@echo "make package the wheel and the source archive, into dist/"
	@echo "make clean   remove everything that make created"

setup: $(PYTHON_STAMP) $(NODE_STAMP)
	@.venv/bin/python -m wellhead.toolchain build

# Prints the path of the first Python that will do.
CHECK_PYTHON := import sys; assert (3, 11) <= sys.version_info[:2] < (3, 13); \
  import ctypes, ensurepip, sqlite3, ssl, venv; print(sys.executable)
FIND_PYTHON = for python in $(PYTHONS); do \
    $$python -c '$(CHECK_PYTHON)' 2>/dev/null && exit 0; \
  done; \
  echo "wellhead: no usable Python 3.11 or 3.12 among: $(PYTHONS)" >&2; \
  echo "wellhead: install one with its venv module (on Debian and Ubuntu: python3-venv)," >&2; \
  echo "wellhead: or name it: make setup PYTHON=/path/to/python3.12" >&2; \
  exit 1

$(UV_STAMP):
	@python=$$($(FIND_PYTHON)) || exit 1; \
	echo "wellhead: $$("$$python" --version), $$python" && \
	rm -rf $(STATE)/uv && $(TMP) "$$python" -m venv $(STATE)/uv
	@echo "wellhead: installing uv $(UV_VERSION)"
	@$(TMP) $(STATE)/uv/bin/python -m pip install -q --disable-pip-version-check \
	  --only-binary :all: uv==$(UV_VERSION)
	@touch $@

$(PYTHON_STAMP): | $(UV_STAMP)
	@echo "wellhead: installing the Python packages of uv.lock"
	@rm -f .venv/ok-*
	@$(TMP) $(UV) sync -q --frozen --extra ape --compile-bytecode --python $(STATE)/uv/bin/python
	@touch $@

$(NODE_STAMP): | $(PYTHON_STAMP)
	@echo "wellhead: installing the npm packages of package-lock.json"
	@PATH="$(CURDIR)/.venv/bin:$$PATH" && $(TMP) npm ci \
	  --loglevel=error --ignore-scripts --no-audit --no-fund --no-update-notifier >/dev/null
	@touch $@

demo: setup
	@$(RUN) wellhead demo $(if $(TRACE),--trace $(TRACE))

# Only a test runs it, and without it that is skipped.
prometheus: $(PROMETHEUS)

$(PROMETHEUS):
	@sh scripts/fetch_prometheus.sh

test: setup prometheus
	@$(RUN) pytest -q -n 2 --dist worksteal --exercised

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: setup
	@.venv/bin/mypy

gas: setup
	@$(RUN) python -m tests.gas.measure $(if $(RENEW),--renew)

fuzz: setup
	@$(RUN) python -m tests.property.fuzz --hours $(or $(HOURS),1) $(if $(WORKERS),--workers $(WORKERS))

load: setup
	@$(RUN) python -m tests.load

prove: setup $(PROVE_STAMP)
	@.venv/bin/python -m tests.proofs $(if $(RENEW),--renew)

# Halmos and Slither need versions of web3 and others that ape does not bear.
$(PROVE_STAMP): | $(NODE_STAMP)
	@echo "wellhead: installing Halmos, Slither and forge"
	@rm -rf $(PROVE) && mkdir -p $(PROVE) && cp $(PROVE_FILES) $(PROVE)
	@$(TMP) UV_PROJECT_ENVIRONMENT="$(CURDIR)/$(PROVE)/venv" $(UV) sync -q --frozen --compile-bytecode \
	  --project $(PROVE) --python $(STATE)/uv/bin/python
	@PATH="$(CURDIR)/.venv/bin:$$PATH" && $(TMP) npm ci --prefix $(PROVE) \
	  --loglevel=error --ignore-scripts --no-audit --no-fund --no-update-notifier >/dev/null
	@touch $@

mutate: setup
	@nice -n 10 $(RUN) python -m tests.mutation $(if $(WORKERS),--workers $(WORKERS))

coverage: setup
	@$(RUN) python -m tests.coverage $(if $(RENEW),--renew)

docs: setup
	@$(RUN) python -m docs.generate

package: setup
	@rm -rf dist
	@$(TMP) $(UV) build -q --python .venv/bin/python --out-dir dist
	@ls -l dist/*.whl dist/*.tar.gz

clean:
	rm -rf .venv node_modules .build dist $(STATE) contracts/.cache .pytest_cache .mypy_cache .ruff_cache
	rm -rf .hypothesis
