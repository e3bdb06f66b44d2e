# make run | test | release | setup | bench: each sets up what it needs. A second call starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEER := .venv-peer

.PHONY: run test release setup bench system-libraries

run: setup
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(BIN)/lab; else sh scripts/headless_demo.sh $(BIN)/lab; fi

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# What must hold before a version is handed out: the tests, and `lab selfcheck`, 9 minutes at most; on a GPU: make release DEVICE=cuda.
DEVICE ?= cpu
release: test
	$(BIN)/lab selfcheck --device $(DEVICE)

setup: system-libraries $(READY)

# The stamp is newer than the files that say what to install, so a second setup does nothing.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $(READY)

# What Qt loads at its start on Linux.
system-libraries:
	@sh scripts/install_qt_libraries.sh

# The lab's speed beside that of its peers, in the same minutes on the same machine.
bench: setup $(PEER)/.ready
	$(BIN)/python benchmarks/compare.py --peer $(PEER)/bin/python

$(PEER)/.ready: benchmarks/peer-requirements.txt
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peer-requirements.txt
	@touch $@
