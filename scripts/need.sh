#!/bin/sh
# Sees to it that something `make` needs is there: silent and quick when it is, installed where
# that is possible when it is not, and otherwise one line that says what to do.
# Plain sh, because a fresh machine may have no other shell.
#
#   scripts/need.sh rust          cargo, new enough, and a C compiler
#   scripts/need.sh postgres      the server's programs, unless DATABASE_URL names a database
#   scripts/need.sh postgres-bin  prints the directory they are in
#   scripts/need.sh sqlx          the sqlx command line, in .tools
#   scripts/need.sh deny          cargo-deny, in .tools
set -eu
cd "$(dirname "$0")/.."

# The versions `make` was tried with; another could judge the same repository differently.
sqlx_version=0.9.0
deny_version=0.20.2

# The oldest Postgres that src/private_postgres starts.
oldest_postgres=13

stop() {
    echo "doorward: $1" >&2
    exit 1
}

rust() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    # Of "cargo 1.95.0 (…)", the 95: all of Rust is 1.x.
    minor=$(cargo --version 2>/dev/null | cut -d. -f2)
    [ -n "$minor" ] ||
        stop "cargo is needed: install Rust $wanted or newer with rustup, and put it on your PATH."
    [ "$minor" -ge "$(echo "$wanted" | cut -d. -f2)" ] ||
        stop "Rust 1.$minor is too old: $wanted or newer is needed (rustup update stable)."
    # Rust links with it, and some dependencies are partly written in C.
    command -v cc >/dev/null ||
        stop "a C compiler is needed: install gcc or clang (Debian: build-essential)."
}

# Prints the directory with both `initdb` and `postgres` (packages with clients only have neither).
# The places are those of src/private_postgres/binaries.rs: what is found here, it finds too.
postgres_bin() (
    if [ -n "${DOORWARD_PG_BIN:-}" ]; then
        set -- "$DOORWARD_PG_BIN"
    else
        IFS=: # for $PATH
        # shellcheck disable=SC2086 # it is to be split
        set -- $PATH "$(pg_config --bindir 2>/dev/null || true)" \
            /usr/lib/postgresql/*/bin /usr/lib/postgresql*/bin /usr/lib64/postgresql-*/bin \
            /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql*/bin \
            /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
            /Applications/Postgres.app/Contents/Versions/*/bin
    fi
    for dir; do
        if ! [ -x "$dir/initdb" ] || ! [ -x "$dir/postgres" ]; then continue; fi
        major=$("$dir/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
        [ "${major:-0}" -ge "$oldest_postgres" ] || continue
        echo "$dir"
        exit
    done
    exit 1
)

postgres() {
    ! postgres_bin >/dev/null || return 0

    way_out="install PostgreSQL $oldest_postgres or newer, or set DATABASE_URL to a database of your own."
    [ -z "${DOORWARD_PG_BIN:-}" ] ||
        stop "DOORWARD_PG_BIN=$DOORWARD_PG_BIN does not hold initdb and postgres: correct it, or $way_out"

    for manager in apt-get dnf apk pacman brew none; do
        ! command -v "$manager" >/dev/null || break
    done
    case $manager in
    apt-get)
        # Debian would start a server of its own on port 5432, for which nobody asked here.
        # A failed update is no reason to stop: the lists may be good enough.
        # shellcheck disable=SC2016 # expanded by the shell that runs it
        install='
            conf=/etc/postgresql-common/createcluster.conf
            mkdir -p "${conf%/*}"
            [ -e "$conf" ] || echo "create_main_cluster = false" >"$conf"
            export DEBIAN_FRONTEND=noninteractive
            apt-get --quiet update
            apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=120 install postgresql' ;;
    dnf) install='dnf --assumeyes install postgresql-server' ;;
    apk) install='apk add postgresql' ;;
    pacman) install='pacman -S --noconfirm --needed postgresql' ;;
    brew) install='brew install postgresql@17' ;;
    none) stop "PostgreSQL is missing: $way_out" ;;
    esac

    # Root has said yes by being root; nobody else's machine is changed without a question.
    sudo=
    if [ "$(id -u)" != 0 ]; then
        [ "$manager" = brew ] || sudo=sudo
        if ! [ -t 0 ] || ! command -v "${sudo:-brew}" >/dev/null; then
            stop "PostgreSQL is missing: $way_out"
        fi
        printf 'Install PostgreSQL with %s? [y/N] ' "${sudo:+sudo }$manager" >&2
        read -r answer || answer=
        case $answer in
        [yY] | [yY][eE][sS]) ;;
        *) stop "PostgreSQL is missing: $way_out" ;;
        esac
    fi
    $sudo sh -c "$install" || stop "$manager could not install PostgreSQL: $way_out"
    postgres_bin >/dev/null || stop "$manager installed no PostgreSQL that will do: $way_out"
}

# tool PROGRAM CRATE VERSION OPTION...: builds it into .tools, which is the repository's own, so
# that neither ~/.cargo/bin nor another project's version is touched.
tool() {
    program=.tools/bin/$1 crate=$2 version=$3
    shift 3
    case $("$program" --version 2>/dev/null) in
    *" $version") return ;;
    esac
    rust
    echo "doorward: building $crate $version into .tools (once; some minutes)" >&2
    # --force: .tools may remember a program that somebody has deleted.
    # A target directory of its own, removed afterwards: half a gigabyte that nothing else uses.
    PATH=$PWD/.tools/bin:$PATH CARGO_TARGET_DIR=target/tools \
        cargo install --quiet --force --root .tools "$crate" --version "$version" "$@"
    rm -rf target/tools
}

case ${1:-} in
rust) rust ;;
postgres) [ -n "${DATABASE_URL:-}" ] || postgres ;;
postgres-bin) postgres_bin ;;
# rustls, for databases elsewhere; the default, native-tls, would need OpenSSL's headers.
# No --locked: sqlx-cli comes without a lock file.
sqlx) tool sqlx sqlx-cli "$sqlx_version" --no-default-features --features postgres,rustls,sqlx-toml ;;
deny) tool cargo-deny cargo-deny "$deny_version" --locked ;;
*)
    echo "usage: scripts/need.sh rust|postgres|postgres-bin|sqlx|deny" >&2
    exit 2
    ;;
esac
