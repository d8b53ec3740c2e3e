#!/bin/sh
# An app at the shell: signs its user in on this device, calls an API, refreshes, signs out.
#
#   doorward.sh login USERNAME   the password is asked for, or read from standard input
#   doorward.sh call [URL]       GETs URL with the access token; Doorward's own /test_jwt without one
#   doorward.sh refresh          exchanges the refresh token for a fresh pair
#   doorward.sh logout           signs this device out for good
#
# Exits with 0 when it is done, 1 when it was refused (standard error says why), 2 at wrong usage, and
# 3 when no answer came: try again later, the sign-in is still there.
set -eu

doorward=${DOORWARD_ISSUER:-http://127.0.0.1:8000}
state=${DOORWARD_STATE:-$HOME/.doorward-example}
# The last token answer as it came. It stays with its user, as every file that is made here.
tokens=$state/tokens
# The device's token. It outlives the sign-in, so that the next one is not on one more device.
device=$state/device
answer=$state/answer.$$
umask 077

stop() {
    echo "doorward.sh: $2" >&2
    exit "$1"
}

# field NAME FILE: a text in one of Doorward's answers, which have no spaces between their parts.
# Enough for tokens; take jq for what people may have typed.
field() {
    sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$2"
}

# quoted TEXT: as JSON writes it.
quoted() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

# ask OPTION...: prints the status; the file `answer` has the body. Fails when no whole answer came.
# What is secret reaches curl by its standard input: everybody on the machine can read its arguments.
ask() {
    curl --silent --max-time 10 --output "$answer" --write-out '%{http_code}' "$@"
}

# post PATH BODY
post() {
    printf '%s' "$2" | ask --header 'Content-Type: application/json' --data-binary @- "$doorward$1"
}

# bearing OPTION...: the same with the access token.
bearing() {
    printf 'header = "Authorization: Bearer %s"\n' "$(field access_token "$tokens")" | ask --config - "$@"
}

# Puts the new pair in the place of the old one, at once or not at all, and before either is used.
keep() {
    [ -n "$(field refresh_token "$answer")" ] || stop 3 "this is no answer of Doorward's"
    field device_token "$answer" >"$device"
    mv "$answer" "$tokens"
}

# refused STATUS: ends the script with what the answer says.
refused() {
    case $1 in
    429 | 5*) stop 3 "not now ($1): try again later" ;;
    *) stop 1 "$(field error_description "$answer") ($1 $(field reason "$answer"))" ;;
    esac
}

away() {
    stop 3 "no answer from $1: try again later"
}

signed_in() {
    [ -s "$tokens" ] || stop 1 "not signed in: doorward.sh login USERNAME"
}

login() {
    if [ -t 0 ]; then
        printf 'Password: ' >&2
        hidden=yes
        stty -echo
        IFS= read -r password
        stty echo
        hidden=
        echo >&2
    else
        IFS= read -r password
    fi
    named='"name":'$(quoted "$(uname -n)")',"kind":"shell"'
    if [ -s "$device" ]; then named='"token":'$(quoted "$(cat "$device")"); fi
    body='{"username":'$(quoted "$1")',"password":'$(quoted "$password")',"device":{'$named'}}'
    # Not tried again by itself: without a device token, each try is one more device.
    status=$(post /login "$body") || away "$doorward"
    [ "$status" = 200 ] || refused "$status"
    keep
}

# When an answer is lost, the tokens may have been exchanged or not, and only Doorward knows. So the
# same refresh token is shown again, and gets the same successor as the first time: for half a minute,
# in which these three tries have begun. Two of these scripts at the same time get the same, too.
refresh() {
    body='{"refresh_token":'$(quoted "$(field refresh_token "$tokens")")'}'
    for pause in 0 1 2; do
        sleep "$pause"
        if status=$(post /token "$body"); then break; fi
        status=
    done
    [ -n "$status" ] || away "$doorward"
    if [ "$status" = 200 ]; then
        keep
        return
    fi
    # What is disabled may be enabled again, and then the same token works. All else has ended.
    case $(field error "$answer"),$(field reason "$answer") in
    *_disabled) ;;
    invalid_grant,*) rm -f "$tokens" ;;
    esac
    refused "$status"
}

# with_token OPTION...: as an API sees it: 401 is the one sign that an access token is not good any
# more. It is sent before anything is done, so the call can be made again, once.
with_token() {
    status=$(bearing "$@") || away "$doorward"
    if [ "$status" = 401 ]; then
        refresh
        status=$(bearing "$@") || away "$doorward"
    fi
}

call() {
    with_token "$1"
    case $status in
    2*) cat "$answer" ;;
    *) refused "$status" ;;
    esac
}

logout() {
    with_token --request POST "$doorward/logout"
    [ "$status" = 204 ] || refused "$status"
    rm -f "$tokens"
}

case ${1:-},$# in
login,2 | call,[12] | refresh,1 | logout,1) ;;
*)
    sed -n '4,7s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
mkdir -p "$state"
hidden=
trap 'rm -f "$answer"; [ -z "$hidden" ] || stty echo' EXIT
trap 'exit 1' HUP INT TERM
[ "$1" = login ] || signed_in
case $1 in
login) login "$2" ;;
call) call "${2:-$doorward/test_jwt}" ;;
refresh) refresh ;;
logout) logout ;;
esac
