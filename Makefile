# One place for everything that is done with this checkout. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-done
# basicsr, which realesrgan needs, asks for torch while it is being built: so these come first.
FIRST := torch torchvision "setuptools>=77" wheel cython numpy

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench dist

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Create .venv with everything in it (once; again when pyproject.toml changes)

$(STAMP): pyproject.toml
	@echo "setup: creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "setup: mangacolor needs Python 3.11 or newer; try make setup PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setup: 1/3 installing torch and build tools (several GB on Linux; this is the long part)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off $(FIRST)
	@echo "setup: 2/3 installing mangacolor, its other dependencies and the test tools"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --no-build-isolation \
		-e '.[dev,train,archives,cluster,more-formats,upscalers,realesrgan,serve,studio,watch]'
	@# realesrgan asks for opencv-python, whose files lie where opencv-python-headless has its own; the last counts.
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off \
		--no-deps --force-reinstall opencv-python-headless
	@echo "setup: 3/3 checking"
	@mkdir -p .typing && ln -sfn .. .typing/mangacolor
	@$(BIN)/mangacolor --version
	@touch $@
	@echo "setup: done"

demo: setup ## Colour the bundled chapter into colored/
	$(BIN)/mangacolor examples/chapter --out colored

test: setup ## Run the tests
	@# What is compiled is kept, whatever the environment says: tests start more than a hundred processes.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: setup ## Lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	MYPYPATH=.typing $(BIN)/mypy -p mangacolor

dist: setup ## Build the source archive and the wheel into dist/, and check what they say of themselves
	@rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

bench: setup ## Measure speed on the bundled chapter
	$(BIN)/python benchmarks/speed/run.py
