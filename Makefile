# make run    install, prepare and open the shop; Ctrl-C closes it
# make test   every check and test
# make setup  .venv with the locked packages, nothing else
# make lock   compile the locks after a change of requirements*.in

PYTHON ?= $(shell command -v python3.11 || command -v python3)
COMPILE = uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url

.PHONY: run test setup lock
.DEFAULT_GOAL := run

setup:
	@$(PYTHON) ecomsite/running/install.py requirements.txt

run: setup
	@.venv/bin/python -m ecomsite.running

test: setup
	@$(PYTHON) ecomsite/running/install.py requirements-dev.txt
	@bash tests/check

lock:
	$(COMPILE) -o requirements-setup.txt requirements-setup.in
	$(COMPILE) -o requirements.txt requirements.in
	$(COMPILE) -o requirements-dask.txt requirements-dask.in
	$(COMPILE) -o requirements-dev.txt requirements-dev.in
