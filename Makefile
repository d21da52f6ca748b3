# The one door. `make help` lists what is behind it; tox.ini describes the environments that the targets run.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The first Python on this machine that can make the environments; another one: make PYTHON=/path/to/python3.12 test
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$name -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo $$name; exit; }; \
	done; echo python3)
# Seeds of the environments are kept in the checkout, and a run never looks for newer ones.
export VIRTUALENV_OVERRIDE_APP_DATA := $(CURDIR)/.tox/.virtualenv
export VIRTUALENV_NO_PERIODIC_UPDATE := 1

TOX := .venv/bin/python -m tools.environments
SDK := .tox/pack/bin/demisto-sdk
# Where the consoles are: a real tenant may be written to or recorded, or a recording is played.
ELSEWHERE = $(if $(WRITES),--allow-writes) $(if $(RECORD),--record $(RECORD)) $(if $(REPLAY),--replay $(REPLAY))
CODE := lab tests tools benchmarks Packs conftest.py

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: setup ## Build and validate the pack, then show it at work in the lab: no server, no tenant, no network
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m lab demo

.PHONY: test
test: setup ## Everything: pack, lint, types, the pack's tests on each Python here, the lab's tests
	@$(TOX) pack lint types unit lab

.PHONY: check
check: setup ## Lint and types only
	@$(TOX) lint types

.PHONY: lint
lint: setup ## The linter and the formatter's check
	@$(TOX) lint

.PHONY: types
types: setup ## The type checker, strict
	@$(TOX) types

.PHONY: unit
unit: setup ## The pack's own tests, on Python 3.10, 3.11 and 3.12 where present
	@$(TOX) unit

.PHONY: lab
lab: setup ## The lab's tests and the journeys, through the built pack
	@$(TOX) pack -- --if-changed
	@$(TOX) lab

.PHONY: browser
browser: setup ## The console's tests in a real browser (apt install chromium); pictures of the steps in build/browser
	@$(TOX) pack -- --if-changed
	@$(TOX) browser

.PHONY: console-pictures
console-pictures: browser ## Write the README's pictures of the browser console from those that its tests have left
	@.venv/bin/python tools/console_pictures.py

.PHONY: fmt
fmt: setup ## Format the code and apply the linter's safe fixes
	@.venv/bin/python -m tox run -qq -e lint --notest
	@.tox/lint/bin/ruff check --fix-only $(CODE)
	@.tox/lint/bin/ruff format $(CODE)

.PHONY: pack
pack: setup ## Validate and build the pack for every marketplace; leaves dist/SekoiaXDR-<version>.zip
	@$(TOX) pack

.PHONY: console
console: setup ## The war room in the terminal: on the lab, or on a real tenant (SEKOIA_URL), reading only unless WRITES=1
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m lab console $(ELSEWHERE)

.PHONY: web
web: setup ## The console in the browser: prints its address; on a real tenant (SEKOIA_URL) reading only unless WRITES=1
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m lab web $(if $(PORT),--port $(PORT)) $(ELSEWHERE)

.PHONY: record
record: setup ## Record the tenant of SEKOIA_URL, redacted, reading only (or a story of the lab): make record FOLDER=recordings/first
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m lab record $(or $(FOLDER),recordings/first)

.PHONY: readme
readme: setup ## Write the integration's README from its yml and from examples run in the lab
	@$(TOX) pack -- --draft
	@.venv/bin/python -m lab readme

.PHONY: docs
docs: setup ## Write the pages that are generated: docs/fidelity.md and docs/acceptance.md
	@.venv/bin/python -m lab.fidelity > docs/fidelity.md
	@.venv/bin/python -m tools.acceptance > docs/acceptance.md

.PHONY: plays
plays: setup ## Write README and picture of each playbook from its yml
	@.venv/bin/python -m lab.xsoar.playbook_docs Packs/SekoiaXDR/Playbooks

.PHONY: picture
picture: setup ## Write docs/pictures/demo.svg, the README's picture of the demo
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m lab demo --picture docs/pictures/demo.svg

.PHONY: pictures
pictures: setup ## Draw the incident page and the dashboard into Packs/SekoiaXDR/doc_files (needs Chromium)
	@$(TOX) pack -- --draft
	@.venv/bin/python -m lab pictures

.PHONY: proof
proof: setup ## The proof of fetch at length: 10 000 schedules, and docs/proof.md from them (an hour or more on 2 cores)
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m tests.proof

.PHONY: proof-mirror
proof-mirror: setup ## The proof of mirroring at length: 1 000 runs of 500 steps, and docs/mirroring-proof.md (some hours on 2 cores)
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m tests.mirror

.PHONY: bench
bench: setup ## Measure calls, time and memory of fetch, and write docs/performance.md (some minutes)
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m benchmarks

.PHONY: bench-console
bench-console: setup ## Measure the pages of the browser console, and write docs/console-speed.md
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m benchmarks.console

.PHONY: contract-spec
contract-spec: setup ## Bring Sekoia's own description of the API into .platform (needs the internet), to hold the lab against it
	@.venv/bin/python tools/contract_spec.py .platform/openapi.json

.PHONY: platform
platform: setup ## Bring the platform's own files into .platform (needs GitHub), to run the suite with them
	@.venv/bin/python tools/platform_files.py .platform

.PHONY: week
week: setup ## Simulate a busy week with an outage each day, and write the figures into docs/scale.md (half an hour)
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m benchmarks.week

.PHONY: upload
upload: address setup ## Build the pack and install it on the server of DEMISTO_BASE_URL with DEMISTO_API_KEY
	@$(TOX) pack -- --if-changed
	@DEMISTO_SDK_IGNORE_CONTENT_WARNING=1 DEMISTO_SDK_LOG_NO_COLORS=true DEMISTO_SDK_LOG_FILE_PATH=.tox/pack/log \
		$(SDK) upload -i "$$(echo dist/*.zip)" -z --skip_validation --override-existing

.PHONY: release
release: setup ## What a release carries beside the zip and its checksum: the list of its parts (CycloneDX) and the notes
	@$(TOX) pack -- --if-changed
	@$(TOX) release

.PHONY: state
state: setup ## Record the state that this version leaves amid its work, for the upgrade tests of later ones
	@$(TOX) pack -- --if-changed
	@.venv/bin/python -m tests.upgrade.bygone

.PHONY: audit
audit: setup ## Look the libraries of the locks up in a public database of weaknesses (needs the internet)
	@$(TOX) audit

.PHONY: fuzz
fuzz: setup ## 100 000 spoiled cases over all commands, and as many for each reader of alerts (some hours; FUZZ=n for others)
	@$(TOX) pack -- --if-changed
	@FUZZ=$${FUZZ:-100000} .venv/bin/python -m pytest -q tests/hostile tests/fetch/test_any_input.py

.PHONY: lock
lock: setup ## Write requirements/*.txt anew from *.in, keeping the pins that fit (UPGRADE=1 takes the newest)
	@$(TOX) lock $(if $(UPGRADE),-- --upgrade)

.PHONY: clean
clean: ## Remove everything that the other targets made, but not .platform and recordings
	@rm -rf .venv .tox .proof build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage __pycache__
	@find lab tests tools benchmarks Packs -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: setup
setup:
	@$(PYTHON) tools/bootstrap.py

.PHONY: address
address:
	@if [ -z "$$DEMISTO_BASE_URL" ] || [ -z "$$DEMISTO_API_KEY" ]; then \
		echo 'make upload needs two variables in the environment:' >&2; \
		echo '  DEMISTO_BASE_URL  the server, for example https://xsoar.example' >&2; \
		echo '  DEMISTO_API_KEY   a key of the server (Settings, API Keys)' >&2; \
		echo 'Cortex XSOAR 8 also needs XSIAM_AUTH_ID, the number shown beside the key.' >&2; exit 1; fi
