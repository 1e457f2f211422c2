# Everything a newcomer types. `make demo ARGS="--headless --for 60 --report report.json"` passes options through.
.PHONY: demo test check bench scenarios lock pictures proto clean
BIN := .venv/bin
ARGS ?=
BENCH ?=
KILLS ?= 50
SOAK_HOURS ?= 24
SOAK_SHARDS ?= 0
SCENARIOS ?=
KEEP ?=
TESTS ?=
# What times live pictures is marked `alone`; the rest computes or waits, and runs side by side.
WORKERS ?= 4

demo:
	@deploy/prepare run
	@$(BIN)/shekara demo $(ARGS)

check:
	@deploy/prepare test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
ifdef TESTS
	$(BIN)/pytest $(TESTS)
else
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile -m "not alone"
	$(BIN)/pytest -m alone
endif

bench:
	@deploy/prepare test
	$(BIN)/python -m tests.benchmarks $(BENCH)

# Every shipped scenario on a fixed clock before the hub's core and a wall's eyes, scored; the last line is JSON: scenarios,
# expected, detected, missed, false, honesty. SCENARIOS="herd fog" plays those; KEEP=folder keeps runs and reports.
scenarios:
	@deploy/prepare test
	@$(BIN)/python -m tests.scenarios $(SCENARIOS) $(KEEP:%=--keep %)

# SIGKILL of hub, broker and both under load; the last line is JSON: kills, acknowledged, lost, twice.
torture:
	@deploy/prepare test
	@$(BIN)/python -m tests.torture --kills $(KILLS)

# A wall under flapping cameras, coming and going viewers and changing plans; the last line is JSON: hours,
# rss_slope_mb_per_h, fds, threads, restarts and more. SOAK_HOURS=0.25 is a quarter of an hour.
soak:
	@deploy/prepare test
	@$(BIN)/python -m tests.soak --hours $(SOAK_HOURS) --shards $(SOAK_SHARDS)

# The pictures of the README, made by the project itself.
pictures:
	@deploy/prepare test
	$(BIN)/python -m tests.support.pictures

# Python for the payload of Sparkplug B, from our own description of it.
proto:
	@deploy/prepare test
	.venv-peers/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. sensors/dialects/sparkplug/sparkplug_b.proto

# New pins: hashes only, no index address. Needs `uv` on the path.
lock:
	uv pip compile pyproject.toml deploy/build.in --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet -o requirements.lock
	uv pip compile pyproject.toml deploy/build.in --extra test --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet -o requirements-test.lock
	uv pip compile deploy/peers.in --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet -o requirements-peers.lock

clean:
	rm -rf .venv .venv-peers build dist
