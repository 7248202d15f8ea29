# For developers; users need run.sh and test.sh only.
VENV := .venv/bin

.PHONY: check test format lock environment

check: environment ## formatter, linter, types, import contracts
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

test: ## everything, as ./test.sh
	./test.sh

format: environment ## put the code into shape
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

# Locks name versions and hashes for every supported Python and machine, and no host.
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --upgrade
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

environment:
	@bash -c 'source deploy/environment.sh && darkstore_environment "$$PWD" requirements-dev.lock'
