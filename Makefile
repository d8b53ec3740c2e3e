# What people and machines run here; `make help` lists it. Each target brings along what it needs
# (scripts/need.sh), so a fresh clone needs Rust and nothing else. No target deletes data.

.DEFAULT_GOAL := help
.PHONY: help run demo screenshots test fuzz bench bench-growth lint fmt sqlx hooks

# Programs that scripts/need.sh builds for this repository alone.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

# exec: no shell in between, so that Ctrl-C and SIGTERM reach the server and `make` waits for it.
run: ## build and serve on http://127.0.0.1:8000, with a private Postgres unless DATABASE_URL is set
	@scripts/need.sh rust
	@scripts/need.sh postgres
	cargo build --release --locked
	@exec "$${CARGO_TARGET_DIR:-target}/release/doorward" serve

demo: ## the same with a thousand people who do not exist and their last month, in target/demo
	@scripts/need.sh rust
	@scripts/need.sh postgres
	cargo build --release --locked
	@env -u DATABASE_URL DOORWARD_DATA_DIR=target/demo "$${CARGO_TARGET_DIR:-target}/release/doorward" demo --once
	@exec env -u DATABASE_URL DOORWARD_DATA_DIR=target/demo "$${CARGO_TARGET_DIR:-target}/release/doorward" serve

# One test runs the plain sqlx program against the same migrations; the pages are looked at
# in Chromium; the examples, and clients that others wrote, run on Node and Python.
test: ## run every test, on a private Postgres unless DATABASE_URL is set
	@scripts/need.sh rust
	@scripts/need.sh postgres
	@scripts/need.sh chromium
	@scripts/need.sh node
	@scripts/need.sh python
	@scripts/need.sh curl
	@scripts/need.sh sqlx
	cargo test --locked

screenshots: ## take the pictures of docs/ anew, in Chromium
	@scripts/need.sh rust
	@scripts/need.sh postgres
	@scripts/need.sh chromium
	cargo test --locked --test it -- browser::screenshots
	cp "$${CARGO_TARGET_DIR:-target}"/tmp/pages/panel-*.png docs/

fuzz: ## try a thousand requests per operation of /openapi.json, good and bad (takes a while)
	@scripts/need.sh rust
	@scripts/need.sh postgres
	@scripts/need.sh curl
	@scripts/need.sh fuzz
	cargo build --locked
	scripts/fuzz.sh

bench: ## measure speed and memory beside their limits, and write docs/performance.md (ten minutes)
	@scripts/need.sh rust
	@scripts/need.sh postgres
	@scripts/need.sh tutorial
	@scripts/need.sh wrk
	cargo bench --locked --bench doorward

bench-growth: ## the same for refreshes among ten million devices (a quarter of an hour, 12 GB)
	@scripts/need.sh rust
	@scripts/need.sh postgres
	@scripts/need.sh wrk
	cargo bench --locked --bench doorward -- growth

# The cheapest first. Duplicate versions are only warned about (deny.toml), hence the log level:
# `cargo deny check bans` shows them.
lint: ## check format, lints, offline query data and dependencies
	@scripts/need.sh rust
	@scripts/need.sh deny
	cargo fmt --check
	cargo deny --locked --log-level error check licenses bans sources
	@if cargo deny --log-level off fetch db 2>/dev/null; then \
		cargo deny --locked --log-level error check advisories; \
	else \
		echo 'advisories skipped: their database cannot be reached'; \
	fi
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --package doorward-example-axum --locked -- -D warnings
	scripts/with-database.sh cargo sqlx prepare --check -- --all-targets

fmt: ## format the source
	cargo fmt

sqlx: ## write the offline query data (.sqlx) anew, after a change of SQL or of a migration
	scripts/with-database.sh cargo sqlx prepare -- --all-targets

hooks: ## have git check format and lints before every commit
	git config core.hooksPath .githooks
