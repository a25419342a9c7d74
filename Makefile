# Needs Python 3.11 or newer, git and make; everything else is set up in .venv, once, and again when its inputs change.
# The two commands of the README are `make demo` and `make test`. Try `make help`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?=
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet --quiet
# Of the 45,000 modules of the two SDKs, only those that are used are compiled: here, so that it is also done where the
# environment forbids Python to write bytecode later.
INSTALL := $(PIP) install --no-compile --no-warn-script-location
COMPILED := PYTHONDONTWRITEBYTECODE= $(BIN)/python -c
# Compiled once, not by each of the processes that the tests start, nor with every assertion rewritten in every run.
TESTED := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal
RUN := $(VENV)/.run-is-set-up
DEV := $(VENV)/.dev-is-set-up
DOCS := $(VENV)/.docs-is-set-up
LOCK := $(VENV)/.lock-is-set-up
AUDIT := $(VENV)/.audit-is-set-up
MUTATION := $(VENV)/.mutation-is-set-up
SANDBOX := .reconciler/sandbox.json

.PHONY: help
help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  PYTHON=...  which Python to build .venv with (3.11 or newer); ARGS=...  further arguments for pytest"

.PHONY: demo
demo: $(RUN) ## validate, plan and apply the example specs to the embedded Graph; ends with an empty plan
	@test -f $(SANDBOX) || echo "A new sandbox is made from specs/sandbox-tenant.json, with its state in $(SANDBOX)."
	$(call show,$(BIN)/reconciler validate)
	$(call show,$(BIN)/reconciler plan --tenant sandbox)
	$(call show,$(BIN)/reconciler apply --tenant sandbox --yes)
	$(call show,$(BIN)/reconciler plan --tenant sandbox --detailed-exitcode)
	@printf '\nThe tenant is as the specs say. Change something in specs/, or run `make clean demo` to begin again.\n'

.PHONY: test
test: $(DEV) ## run the tests, on two processes
	@$(TESTED) $(ARGS)

.PHONY: check
check: $(DEV) ## format, lint, strict types and tests: what has to be green before a change is merged
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(TESTED) $(ARGS)

.PHONY: golden
golden: $(DEV) ## write golden files and generated parts of the documentation anew; review the difference like code
	$(BIN)/python -m tests.golden.rewrite
	$(BIN)/python -m tests.docs_parts

.PHONY: look
look: $(DEV) ## render the pages of plans, drift, comparisons, reports and guides in a headless browser to build/look, and check what it says of them
	@$(BIN)/python -m tests.look

.PHONY: docs
docs: $(DEV) $(DOCS) ## build the documentation site in build/site
	@rm -rf build/site build/site-source
	@$(BIN)/python docs/site/source.py build/site-source
	@$(VENV)/docs/bin/sphinx-build -W --keep-going -q -b html -c docs/site -d build/site-source/.doctrees \
		build/site-source build/site
	@echo build/site/index.html

SECONDS ?= 300
.PHONY: soak
soak: $(DEV) ## play random scenarios against the embedded Graph for SECONDS=300, on two processes; ARGS="--seed N" plays one
	@$(BIN)/python -m tests.soak --seconds $(SECONDS) $(ARGS)

.PHONY: bench
bench: $(DEV) ## measure start-up, validate, plan and apply, and write docs/bench.md
	$(BIN)/python -m tests.bench

# In a copy, so that nobody edits what is tested; from nothing, because mutmut does not look whether tests changed.
# Its environment sees that of the tests: the two have no package in different versions.
.PHONY: mutants
mutants: $(DEV) $(MUTATION) ## change diff, order and guards in hundreds of ways: do tests notice? See docs/mutation.md
	@rm -rf build/mutation && mkdir -p build/mutation
	@cp -R reconciler tests schemas specs pyproject.toml build/mutation
	@PYTHONPATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); export PYTHONPATH; \
		python=$(abspath $(VENV))/mutation/bin/python; \
		(cd build/mutation && nice $$python -m mutmut run --max-children 2) && $$python -m tests.mutants build/mutation

COMPILE := $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.PHONY: lock
lock: $(LOCK) ## write requirements/ anew from pyproject.toml; ARGS=--upgrade takes newer versions
	$(COMPILE) $(ARGS) pyproject.toml --group build -o requirements/run.txt
	$(COMPILE) $(ARGS) pyproject.toml --group build --group test --group check -c requirements/run.txt \
		-o requirements/dev.txt
	$(COMPILE) $(ARGS) --group docs -o requirements/docs.txt
	$(COMPILE) $(ARGS) --group audit -o requirements/audit.txt
	$(COMPILE) $(ARGS) --group mutation -c requirements/dev.txt -o requirements/mutation.txt

.PHONY: sbom
sbom: $(AUDIT) ## write dist/sbom.cdx.json (CycloneDX): what reconciler is installed with
	@mkdir -p dist
	@version=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' reconciler/__init__.py); \
		sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml >dist/sbom-of.toml
	@PYTHONWARNINGS=ignore::UserWarning $(VENV)/audit/bin/cyclonedx-py requirements requirements/run.txt \
		--pyproject dist/sbom-of.toml --mc-type application --spec-version 1.6 --output-format JSON \
		--output-reproducible --output-file dist/sbom.cdx.json
	@rm dist/sbom-of.toml; echo "dist/sbom.cdx.json"

# Strict, because pip-audit finds nothing where it can ask nobody, and calls that no vulnerability.
.PHONY: audit
audit: $(AUDIT) ## look for known vulnerabilities of everything in requirements/; needs the network
	@$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(ARGS) \
		$(patsubst %,--requirement %,$(sort $(wildcard requirements/*.txt))) || { code=$$?; \
		echo "make: not audited, or not clean: see above. Without the network nothing was looked at." >&2; exit $$code; }

.PHONY: wheel
wheel: $(RUN) ## build the wheel in dist/
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

.PHONY: clean
clean: ## remove caches, built wheels and the sandbox tenant (not .venv)
	rm -rf dist build .mypy_cache .ruff_cache .hypothesis $(SANDBOX)
	find reconciler tests -name __pycache__ -prune -exec rm -rf {} +

# --- setting up ------------------------------------------------------------------------------------------------------

# Prints a command, then runs it.
define show
@printf '\n$$ %s\n' '$(1)' && $(1)
endef

TOO_OLD = needs Python 3.11 or newer$(if $(PYTHON),; $(PYTHON) is not,: name one with PYTHON=/path/to/python3)

# The first Python that is new enough: PYTHON, if it is given, and nothing else then.
define find-python
for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
done; \
test -n "$$python" || { echo "make: $(TOO_OLD)." >&2; exit 1; }
endef

$(BIN)/python:
	@$(find-python); echo "Making $(VENV) with $$("$$python" --version)."; \
	trap 'rm -rf $(VENV); exit 1' INT TERM; "$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN): requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what reconciler needs (requirements/run.txt)."
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@$(COMPILED) 'import anyio._backends._asyncio, azure.identity, deepdiff, httpcore, jsonschema, msgraph, yaml'
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo "Installing what the tests need (requirements/dev.txt)."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(COMPILED) 'from msgraph_beta.generated.models.entity import Entity; Entity().get_field_deserializers()'
	@touch $@

$(AUDIT): requirements/audit.txt | $(BIN)/python
	@echo "Installing the tools of the supply chain (requirements/audit.txt)."
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input --require-hashes \
		-r requirements/audit.txt
	@touch $@

$(DOCS): requirements/docs.txt | $(BIN)/python
	@echo "Installing what makes the documentation site (requirements/docs.txt)."
	@$(BIN)/python -m venv $(VENV)/docs
	@$(VENV)/docs/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input --require-hashes \
		-r requirements/docs.txt
	@touch $@

$(MUTATION): requirements/mutation.txt | $(BIN)/python
	@echo "Installing what changes the code for the tests (requirements/mutation.txt)."
	@$(BIN)/python -m venv $(VENV)/mutation
	@$(VENV)/mutation/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input \
		--require-hashes -r requirements/mutation.txt
	@touch $@

# uv is not in the lock files, because it writes them.
$(LOCK): pyproject.toml | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input $$($(BIN)/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["lock"])')
	@touch $@
