#!/bin/sh
# Runs a schema fuzzer over /openapi.json of a Doorward that exists only for that long, with a Postgres of
# its own. Ends with the fuzzer's exit code.
#
#   scripts/fuzz.sh [CASES] [OPTION...]     so many cases per operation, 1000 by default; options of
#                                           `schemathesis run`, such as --include-path /login
set -eu
cd "$(dirname "$0")/.."

cases=${1:-1000}
[ $# = 0 ] || shift

cleanup() {
    status=$?
    trap '' INT TERM HUP
    [ -z "${server:-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$dir"
    exit "$status"
}
dir=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Root lends Postgres to another user, who must be able to reach it.
chmod 755 "$dir"
port=${FUZZ_PORT:-8137}
FUZZED=http://127.0.0.1:$port
DOORWARD=$PWD/${CARGO_TARGET_DIR:-target}/debug/doorward
export FUZZED DOORWARD ROCKET_PORT="$port" DOORWARD_ISSUER="$FUZZED" DOORWARD_DATA_DIR="$dir/data"
export DOORWARD_ACCESS_TOKEN_TTL=1h DOORWARD_TRUSTED_PROXIES=127.0.0.0/8 RUST_LOG=warn
unset DATABASE_URL

"$DOORWARD" serve >"$dir/out" 2>"$dir/log" &
server=$!
tries=0
until curl --silent --fail --output /dev/null "$FUZZED/health/ready"; do
    tries=$((tries + 1))
    if [ "$tries" = 100 ]; then
        cat "$dir/log" >&2
        exit 1
    fi
    sleep 0.2
done

# Whom the document's examples sign in.
echo 'meadow pilot canyon 47' | "$DOORWARD" user add zoe --password-stdin >/dev/null

failed=0
SCHEMATHESIS_HOOKS=tests.python.fuzz_hooks PYTHONPATH=$PWD .tools/fuzz/bin/schemathesis \
    --config-file tests/python/schemathesis.toml run \
    "$FUZZED/openapi.json" --checks all --max-examples "$cases" --continue-on-failure "$@" || failed=$?
# What is our fault is in the log even where the answer hid it.
if grep '"level":"ERROR"' "$dir/log"; then failed=1; fi
exit "$failed"
