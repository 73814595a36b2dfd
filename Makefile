# `make` alone says what there is. The environment is .venv, made and kept by tools/environment.

HTTP ?= 127.0.0.1:8080
DATA ?= ./data
PYTHON ?= python3

BIN := .venv/bin
PYTEST := $(BIN)/pytest --timeout=300
CODE := src tests bench examples tools/*.py

export PYTHON
.DEFAULT_GOAL := help
.PHONY: help run demo test quick check format reference bench lock clean environment survey-environment env-run env-survey env-test env-lock programs

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: env-run ## Run the server (HTTP=127.0.0.1:8080 DATA=./data)
	@exec $(BIN)/poolhouse serve --http $(HTTP) --data $(DATA)

environment: env-run ## Make the environment and start nothing, for a service

survey-environment: env-survey ## Make the environment with the libraries that `poolhouse survey` measures

demo: env-run ## Run a server with things in it to look at; they are gone when it stops
	@exec $(BIN)/poolhouse demo --http $(HTTP)

test: env-test programs ## Install what the tests need and run all of them
	$(PYTEST) -m "not slow" --numprocesses=auto --maxprocesses=8
	$(PYTEST) -m slow --durations=40

quick: env-test ## Run the tests that start no other programs
	$(PYTEST) -m "not slow"

check: env-test ## Check format, style, types, who imports whom, and the documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/python tools/write_reference.py --check
	$(PYTEST) -q tests/docs

format: env-test ## Format the code, and mend what can be mended without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

reference: env-run ## Write the reference pages that are made from the code
	$(BIN)/python tools/write_reference.py

bench: env-test programs ## Measure side by side with peers and draw the graphs
	$(BIN)/python -m bench
	$(BIN)/python -m bench workshop
	$(BIN)/python -m bench mail

# Pins stay where they are unless one asks: make lock UPGRADE=1
lock: env-lock ## Write requirements/*.txt from requirements/*.in, with hashes
	@cd requirements && for set in build run test survey lock; do \
		../$(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
			$$set.in --output-file $$set.txt || exit; \
	done

clean: ## Remove everything made here but the data
	rm -rf .venv build dist artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench examples tools -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf src/*.egg-info

env-run env-survey env-test env-lock:
	@tools/environment $(@:env-%=%)

programs:
	@tools/need-commands requirements/apt.txt
	@tools/need-exim
