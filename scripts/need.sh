#!/bin/sh
# Sees to it that something `make` needs is there: silent and quick when it is, installed where
# that is possible when it is not, and otherwise one line that says what to do.
# Plain sh, because a fresh machine may have no other shell.
#
#   scripts/need.sh rust          cargo, new enough, and a C compiler
#   scripts/need.sh postgres      the server's programs, unless DATABASE_URL names a database
#   scripts/need.sh postgres-bin  prints the directory they are in
#   scripts/need.sh chromium      Chromium and its WebDriver, for the tests of the pages
#   scripts/need.sh node          Node.js, and the packages of tests/node and examples/express
#   scripts/need.sh tutorial      Node.js, and the packages of benches/tutorial
#   scripts/need.sh python        Python, and the packages of tests/python and examples/fastapi, in .tools
#   scripts/need.sh fuzz          schemathesis, in .tools
#   scripts/need.sh wrk           wrk, for `make bench`
#   scripts/need.sh pgbench       prints where pgbench is, which comes with Postgres' server
#   scripts/need.sh curl          curl, for examples/shell
#   scripts/need.sh sqlx          the sqlx command line, in .tools
#   scripts/need.sh deny          cargo-deny, in .tools
set -eu
cd "$(dirname "$0")/.."

# The versions `make` was tried with; another could judge the same repository differently.
sqlx_version=0.9.0
deny_version=0.20.2
fuzz_version=4.32.5

# The oldest Postgres that src/private_postgres starts.
oldest_postgres=13

# The oldest that the packages in the lock files run on.
oldest_node=20.19
oldest_python=3.11

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

# install WHAT WAY_OUT MANAGER=COMMAND...: with the package manager that this machine has.
install() {
    what=$1 way_out=$2
    shift 2
    for manager in apt-get dnf apk pacman brew none; do
        ! command -v "$manager" >/dev/null || break
    done
    install=
    for command; do
        case $command in "$manager="*) install=${command#*=} ;; esac
    done
    [ -n "$install" ] || stop "$what is missing: $way_out"

    # Root has said yes by being root; nobody else's machine is changed without a question.
    sudo=
    if [ "$(id -u)" != 0 ]; then
        [ "$manager" = brew ] || sudo=sudo
        if ! [ -t 0 ] || ! command -v "${sudo:-brew}" >/dev/null; then
            stop "$what is missing: $way_out"
        fi
        printf 'Install %s with %s? [y/N] ' "$what" "${sudo:+sudo }$manager" >&2
        read -r answer || answer=
        case $answer in
        [yY] | [yY][eE][sS]) ;;
        *) stop "$what is missing: $way_out" ;;
        esac
    fi
    $sudo sh -c "$install" || stop "$manager could not install $what: $way_out"
}

# A failed update is no reason to stop: the lists may be good enough.
apt='
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=120 install'

postgres() {
    ! postgres_bin >/dev/null || return 0

    way_out="install PostgreSQL $oldest_postgres or newer, or set DATABASE_URL to a database of your own."
    [ -z "${DOORWARD_PG_BIN:-}" ] ||
        stop "DOORWARD_PG_BIN=$DOORWARD_PG_BIN does not hold initdb and postgres: correct it, or $way_out"

    # Debian would start a server of its own on port 5432, for which nobody asked here.
    # shellcheck disable=SC2016 # expanded by the shell that runs it
    no_server='
        conf=/etc/postgresql-common/createcluster.conf
        mkdir -p "${conf%/*}"
        [ -e "$conf" ] || echo "create_main_cluster = false" >"$conf"'
    install PostgreSQL "$way_out" \
        "apt-get=$no_server$apt postgresql" \
        'dnf=dnf --assumeyes install postgresql-server' \
        'apk=apk add postgresql' \
        'pacman=pacman -S --noconfirm --needed postgresql' \
        'brew=brew install postgresql@17'
    postgres_bin >/dev/null || stop "$manager installed no PostgreSQL that will do: $way_out"
}

# The driver looks for the browser itself, under the names that it is known by.
has_chromium() {
    command -v chromedriver >/dev/null || return 1
    for browser in chromium chromium-browser google-chrome google-chrome-stable; do
        ! command -v "$browser" >/dev/null || return 0
    done
    [ -d "/Applications/Google Chrome.app" ]
}

chromium() {
    ! has_chromium || return 0
    way_out="install Chromium (or Chrome) and the chromedriver of the same version."
    install Chromium "$way_out" \
        "apt-get=$apt chromium chromium-driver" \
        'dnf=dnf --assumeyes install chromium chromedriver' \
        'apk=apk add chromium chromium-chromedriver' \
        'pacman=pacman -S --noconfirm --needed chromium' \
        'brew=brew install --cask google-chrome chromedriver'
    has_chromium || stop "$manager installed no Chromium that will do: $way_out"
}

# not_older VERSION OLDEST: both as MAJOR.MINOR.
not_older() {
    [ "${1%%.*}" -gt "${2%%.*}" ] ||
        { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -ge "${2#*.}" ]; }
}

# node PLACE...: Node.js, and the packages that the lists in these places name.
node() {
    if ! command -v npm >/dev/null; then
        install Node.js "install Node.js $oldest_node or newer, with npm." \
            "apt-get=$apt nodejs npm" \
            'dnf=dnf --assumeyes install nodejs npm' \
            'apk=apk add nodejs npm' \
            'pacman=pacman -S --noconfirm --needed nodejs npm' \
            'brew=brew install node'
    fi
    version=$(command node --version | sed -n 's/^v\([0-9]*\.[0-9]*\).*/\1/p')
    not_older "${version:-0.0}" "$oldest_node" ||
        stop "Node.js ${version:-that runs} is too old: $oldest_node or newer is needed."
    for place; do
        packages=$place/node_modules/.package-lock.json
        # Written last by npm, so newer than the list that it followed.
        [ -z "$(find "$packages" -newer "$place/package-lock.json" 2>/dev/null)" ] || continue
        npm ci --prefix "$place" --silent --ignore-scripts --no-audit --no-fund ||
            stop "npm could not install the packages of $place: see what it says above."
        touch "$packages"
    done
}

# A Python of its own (venv), so that nobody else's packages are touched.
python() {
    lists='examples/fastapi/requirements.txt tests/python/requirements.txt'
    venv=.tools/venv
    # Of which lists it was filled; nothing else tells, and their times may be those of a checkout.
    # shellcheck disable=SC2086 # it is to be split
    wanted=$(cat $lists)
    if [ "$(cat "$venv/filled" 2>/dev/null)" = "$wanted" ] && "$venv/bin/python" --version >/dev/null 2>&1; then
        return
    fi
    # Debian has a Python without the part that makes another.
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        install Python "install Python $oldest_python or newer, with venv." \
            "apt-get=$apt python3 python3-venv" \
            'dnf=dnf --assumeyes install python3' \
            'apk=apk add python3' \
            'pacman=pacman -S --noconfirm --needed python' \
            'brew=brew install python'
    fi
    version=$(python3 --version | sed -n 's/^Python \([0-9]*\.[0-9]*\).*/\1/p')
    not_older "${version:-0.0}" "$oldest_python" ||
        stop "Python ${version:-that runs} is too old: $oldest_python or newer is needed."
    set --
    for list in $lists; do set -- "$@" --requirement "$list"; done
    rm -rf "$venv"
    python3 -m venv "$venv" || stop "python3 could not make $venv: see what it says above."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@" ||
        stop "pip could not install the packages of $lists: see what it says above."
    echo "$wanted" >"$venv/filled"
}

# Apart from the others: it brings many packages along, and only `make fuzz` needs it.
fuzz() {
    python
    case $(.tools/fuzz/bin/schemathesis --version 2>/dev/null) in
    *" $fuzz_version") return ;;
    esac
    rm -rf .tools/fuzz
    python3 -m venv .tools/fuzz || stop "python3 could not make .tools/fuzz: see what it says above."
    .tools/fuzz/bin/python -m pip install --quiet --disable-pip-version-check "schemathesis==$fuzz_version" ||
        stop "pip could not install schemathesis: see what it says above."
}

# Not `curl`: that would be found in the place of the program.
curl_program() {
    ! command -v curl >/dev/null || return 0
    install curl "install curl." \
        "apt-get=$apt curl" \
        'dnf=dnf --assumeyes install curl' \
        'apk=apk add curl' \
        'pacman=pacman -S --noconfirm --needed curl' \
        'brew=brew install curl'
}

wrk_program() {
    ! command -v wrk >/dev/null || return 0
    install wrk "install wrk." \
        "apt-get=$apt wrk" \
        'dnf=dnf --assumeyes install wrk' \
        'apk=apk add wrk' \
        'pacman=pacman -S --noconfirm --needed wrk' \
        'brew=brew install wrk'
}

# A directory with links to the server's programs need not have one to this.
pgbench_path() (
    for dir in "$(postgres_bin)" "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/bin; do
        if [ -x "$dir/pgbench" ]; then
            echo "$dir/pgbench"
            exit
        fi
    done
    stop "pgbench is missing: install the package of PostgreSQL's server that has it."
)

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
chromium) chromium ;;
node) node tests/node examples/express ;;
tutorial) node benches/tutorial ;;
python) python ;;
fuzz) fuzz ;;
curl) curl_program ;;
wrk) wrk_program ;;
pgbench) pgbench_path ;;
# rustls, for databases elsewhere; the default, native-tls, would need OpenSSL's headers.
# No --locked: sqlx-cli comes without a lock file.
sqlx) tool sqlx sqlx-cli "$sqlx_version" --no-default-features --features postgres,rustls,sqlx-toml ;;
deny) tool cargo-deny cargo-deny "$deny_version" --locked ;;
*)
    echo "usage: scripts/need.sh rust|postgres|postgres-bin|chromium|node|tutorial|python|fuzz|curl|wrk|pgbench|sqlx|deny" >&2
    exit 2
    ;;
esac
