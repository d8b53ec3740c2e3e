#!/bin/sh
# Runs COMMAND, in the repository's root, with DATABASE_URL naming an empty, migrated database of a
# Postgres that exists only for that long. Ends with COMMAND's exit code.
#
#   scripts/with-database.sh COMMAND...     for instance: scripts/with-database.sh cargo sqlx prepare
set -eu
cd "$(dirname "$0")/.."

if [ $# = 0 ]; then
    echo "usage: scripts/with-database.sh COMMAND..." >&2
    exit 2
fi

# Even when DATABASE_URL names a database: what happens here is not meant for that one.
DATABASE_URL='' scripts/need.sh postgres
scripts/need.sh sqlx
bin=$(scripts/need.sh postgres-bin)
PATH=$PWD/.tools/bin:$PATH

# These would point the server or the clients somewhere else.
unset PGPORT PGSSLMODE PGOPTIONS

# Postgres refuses to run as root, so root lends it to a user who can do nothing.
server_user=$(id -un)
if [ "$(id -u)" = 0 ]; then
    server_user=postgres
    id postgres >/dev/null 2>&1 || server_user=nobody
fi

# As that user, from a directory which that user can surely enter. Not through su, which stays in
# between and answers a Ctrl-C by abandoning what it started.
as_server() (
    cd "$dir"
    if [ "$(id -u)" = 0 ]; then
        set -- setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups "$@"
    fi
    exec "$@"
)

cleanup() {
    status=$?
    trap '' INT TERM HUP # a second Ctrl-C must not leave the server behind
    if [ -f "$dir/data/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" -D "$dir/data" -w -m fast stop >/dev/null 2>&1 || true
    fi
    rm -rf "$dir"
    exit "$status"
}

dir=$(mktemp -d)
trap cleanup EXIT
# The shell runs these when the program it waits for has ended; Ctrl-C reaches that program too.
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Only a socket, in a directory that is nobody else's; nothing here has to survive a power cut.
settings="
port = 5432
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off"

# Not to be interrupted: half a second later there is a server that can be stopped in good order.
start() (
    trap '' INT TERM HUP
    chown "$server_user" "$dir" &&
        as_server "$bin/initdb" -D "$dir/data" -U doorward --auth=trust -E UTF8 --locale=C --no-sync &&
        echo "$settings" >>"$dir/data/postgresql.conf" &&
        as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/postgres.log" -w start
)

if ! start >"$dir/start.log" 2>&1; then
    echo "doorward: the throwaway Postgres did not start:" >&2
    cat "$dir"/*.log >&2
    exit 1
fi

# In a URL, a host that is a path has its slashes encoded.
DATABASE_URL=postgres://doorward@$(echo "$dir" | sed 's:/:%2F:g')/doorward
# The query macros are to ask this database, not the checked-in answers.
SQLX_OFFLINE=false
export DATABASE_URL SQLX_OFFLINE PATH

sqlx database create
sqlx migrate run --source migrations >/dev/null

"$@"
