# setup · demo · test · lint · bench: each sets up what it needs, on a bare machine with git and Python 3.11 or newer.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NATIVE := $(shell git ls-files 'ofx_bridge/*.cpp' 'ofx_bridge/*.h' 'ofx_bridge/*.c' 'ofx_bridge/*CMakeLists.txt' \
            'ofx_bridge/plugin/resources/*' 'tests/ofx_bridge/*.cpp' 'tests/ofx_bridge/*CMakeLists.txt' CMakeLists.txt 2>/dev/null)
CLIP ?=
MODE ?= quick
FOOTAGE ?= .cache/footage/built

.DEFAULT_GOAL := help
.PHONY: help setup demo test sanitize soak lint bench format generate portable clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed ## Install system packages, the virtual environment and the native build

demo: $(VENV)/.installed ## Render a flickering shot through the node; CLIP=own.mov takes your own
	@$(BIN)/python -m demo $(if $(CLIP),--clip "$(CLIP)")

test: $(VENV)/.installed-dev ## Run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

soak: $(VENV)/.installed-dev ## Thousands of frames, connects and random calls, a hundred clients killed: nothing may be left behind
	@REELMEND_SOAK=1 $(BIN)/python -m pytest --timeout 1800 tests/engine/server/test_soak.py tests/contract/test_every_host.py
	@REELMEND_RANDOM_CALLS=10000 $(BIN)/python -m pytest --timeout 7200 tests/ofx_bridge/plugin/test_random_calls.py
	@$(BIN)/reelmend bench soak --docs docs/bench.md

sanitize: $(VENV)/.installed-dev ## The C++ tests under ASan, UBSan, TSan and valgrind: ten minutes
	@tools/sanitize.sh

lint: $(VENV)/.installed-dev ## ruff, mypy strict, clang-format, import-linter, buf
	@tools/lint.sh

bench: $(VENV)/.installed-dev $(FOOTAGE)/footage.json ## Methods side by side, the bars of deflicker and repair, the engine's speed; MODE=full takes three hours
	@$(BIN)/reelmend bench quality $(if $(filter full,$(MODE)),,--quick) --resume --footage "$(FOOTAGE)" --docs docs/bench.md
	@$(BIN)/reelmend bench deflicker $(if $(filter full,$(MODE)),,--quick) --resume --footage "$(FOOTAGE)" --docs docs/bench.md
	@$(BIN)/reelmend bench repair $(if $(filter full,$(MODE)),,--quick) --resume --footage "$(FOOTAGE)" --docs docs/bench.md
	@$(BIN)/reelmend bench speed $(if $(filter full,$(MODE)),--full) --docs docs/bench.md

portable: $(VENV)/.installed ## Build the node for Linux with glibc 2.28 and newer, in build/portable
	@tools/portable/build.sh

format: $(VENV)/.installed-dev ## Lay out Python and C++ as the project does
	@$(BIN)/ruff check --fix --select I . && $(BIN)/ruff format .
	@git ls-files 'ofx_bridge/*.cpp' 'ofx_bridge/*.h' 'tests/*.cpp' 'tests/*.h' | xargs $(BIN)/clang-format -i

generate: $(VENV)/.installed-dev ## Make again what is derived: RPC code, the node's panel
	@tools/generate.sh

clean: ## Remove what was built here (not the virtual environment)
	rm -rf build out dist

$(FOOTAGE)/footage.json: | $(VENV)/.installed-dev
	@$(BIN)/python -m reelmend_models.training.footage build "$(FOOTAGE)" || [ $$? = 3 ]  # 3: not all of it, which will do

$(VENV)/.installed: pyproject.toml tools/setup.sh $(NATIVE)
	@PYTHON="$(PYTHON)" tools/setup.sh run
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@PYTHON="$(PYTHON)" tools/setup.sh dev
	@touch $@
