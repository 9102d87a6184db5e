#!/bin/sh
# Runs mangacolor as the user PUID:PGID, never as root. A container that was started with --user is left as it is.
set -eu

say() {
    echo "mangacolor: $*" >&2
}

refuse() {
    say "$1"
    say "  $2"
    exit 2
}

# A folder that Docker has just made belongs to root; one that holds anything keeps its owner.
take_over() {
    mkdir -p "$1" 2>/dev/null || return 0
    if [ "$(stat -c %u "$1")" = 0 ] && [ -z "$(ls -A "$1")" ]; then
        chown "$PUID:$PGID" "$1" || say "$1 cannot be given to $PUID:$PGID"
    fi
}

as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid "$PUID" --regid "$PGID" --clear-groups --no-new-privs -- "$@"
    else
        "$@"
    fi
}

# A server that other machines reach needs a token: the one given, the one in a file, or one made once and kept.
find_token() {
    if [ -n "${MANGACOLOR_TOKEN_FILE:-}" ]; then
        MANGACOLOR_TOKEN=$(as_user cat "$MANGACOLOR_TOKEN_FILE") || refuse \
            "MANGACOLOR_TOKEN_FILE: $MANGACOLOR_TOKEN_FILE cannot be read" \
            "Mount the secret there, readable for $PUID:$PGID."
    fi
    kept=$MANGACOLOR_DATA/token
    if [ -z "${MANGACOLOR_TOKEN:-}" ]; then
        if ! as_user test -s "$kept"; then
            made=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
            # shellcheck disable=SC2016 # the inner shell is to expand these
            as_user sh -c 'umask 077 && printf "%s\n" "$1" > "$2"' sh "$made" "$kept" || refuse \
                "$MANGACOLOR_DATA cannot be written, and no token is given" \
                "Mount a folder there that $PUID:$PGID may write to, or set MANGACOLOR_TOKEN."
            say "a token was made; it is in $kept: docker exec CONTAINER cat $kept"
        fi
        MANGACOLOR_TOKEN=$(as_user cat "$kept")
    fi
    [ -n "$MANGACOLOR_TOKEN" ] || refuse "the token is empty" "Set MANGACOLOR_TOKEN to a long random text."
    export MANGACOLOR_TOKEN
}

PUID=${PUID:-1000}
PGID=${PGID:-1000}
for number in "$PUID" "$PGID"; do
    case $number in
        '' | *[!0-9]*) refuse "PUID and PGID are numbers, not $PUID and $PGID" "Take those that id shows for your user." ;;
    esac
    [ "$number" -gt 0 ] || refuse "PUID and PGID 0 are root" "Take those that id shows for your user."
done

MANGACOLOR_DATA=${MANGACOLOR_DATA:-/data/serve}
MANGACOLOR_FOLDER_OUT=${MANGACOLOR_FOLDER_OUT:-/data/out}
HOME=$MANGACOLOR_DATA
export MANGACOLOR_DATA HOME

if [ "$(id -u)" = 0 ]; then
    take_over "$MANGACOLOR_DATA"
    take_over "$MANGACOLOR_FOLDER_OUT"
fi
umask "${UMASK:-022}"

if [ "${1:-serve}" = serve ]; then
    MANGACOLOR_HOST=${MANGACOLOR_HOST:-0.0.0.0}
    export MANGACOLOR_HOST
    find_token
fi

if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid "$PUID" --regid "$PGID" --clear-groups --no-new-privs -- mangacolor "${@:-serve}"
fi
exec mangacolor "${@:-serve}"
