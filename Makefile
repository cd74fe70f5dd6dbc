# `make run` and `make test` set up all they need. Python 3.11 to 3.13 with venv has to be there.
.DEFAULT_GOAL := help
.PHONY: help run up test faults check styles messages lock

# Another Python: make PYTHON=python3.12 run
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

help:
	@echo "make run       the site with demo data, at http://localhost:8000/ (PORT=… for another)"
	@echo "make up        the site without the demo, for an office of your own"
	@echo "make test      the tests (CI=true: all of them, nothing left out)"
	@echo "make faults    a hundred kills and every other fault ten times (an hour)"
	@echo "make check     lint, types, import layers, templates, migrations, translations, safety"
	@echo "make styles    compile the styles after a change in config/assets/"
	@echo "make messages  bring the translations in step with the sources, and compile them"
	@echo "make lock      bring the lock files in step with requirements/*.in and package.json"

run:
	@$(PYTHON) tools/setup.py base styles messages dotenv
	@exec $(VENV_PYTHON) manage.py up --demo

up:
	@$(PYTHON) tools/setup.py base styles messages dotenv
	@exec $(VENV_PYTHON) manage.py up

test:
	@$(PYTHON) tools/setup.py dev styles messages
	@$(VENV_PYTHON) -m tests.run

faults:
	@$(PYTHON) tools/setup.py dev styles messages
	@$(VENV_PYTHON) -m tests.faults $(ROUNDS) $(SEED)

check:
	@$(PYTHON) tools/setup.py dev styles messages
	@$(VENV_PYTHON) tools/check.py

styles:
	@$(PYTHON) tools/setup.py base styles

messages:
	@$(PYTHON) tools/setup.py dev
	@$(VENV_PYTHON) tools/messages.py update

lock:
	@$(PYTHON) tools/setup.py dev uv
	@for kind in base anymail dev; do .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate requirements/$$kind.in \
		--output-file requirements/$$kind.txt || exit 1; done
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm install --package-lock-only --ignore-scripts
