# shellcheck shell=bash
# Other scripts source this file. It changes to the project's root, and defines the cache and the functions that they share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Without debug information and incremental builds, target/ takes a third of the disk space, and builds take a fifth less time.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

# Downloaded toolchains and tools are outside the repository.
cache=${WATCH_CHANNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watch-channel}
export PATH=$PATH:$cache/cargo/bin:$cache/python/bin

fail() {
    echo "error: $*" >&2
    exit 1
}

# need COMMAND HOW: fails unless COMMAND exists; HOW is the command that installs it.
need() {
    command -v "$1" > /dev/null || fail "$1 is missing; install it with: $2"
}

# need_toolchain NAME HOW
need_toolchain() {
    rustc "+$1" --version > /dev/null 2>&1 || fail "the toolchain $1 is missing; install it with: $2"
}

# step WHAT: prints the seconds that the script has run so far, and what it does next.
step() {
    printf '\n== %3d s: %s\n' $SECONDS "$*"
}

# apt_get ARGUMENT...: runs apt-get, which waits if another program installs packages.
apt_get() {
    apt-get -qq -o DPkg::Lock::Timeout=600 "$@"
}

# rows FILE [NAME]: prints the rows of the table ci/FILE, or only the one whose first column is NAME.
rows() {
    awk -v name="${2:-}" '/^[^#]/ && (name == "" || $1 == name)' "ci/$1"
}

# known FILE NAME: prints the row NAME of the table ci/FILE. Fails if there is none, and lists the names that there are.
known() {
    local row
    row=$(rows "$1" "$2")
    [ -n "$row" ] || fail "no such row in ci/$1: $2; there are: $(rows "$1" | awk '{ print $1 }' | paste -sd ' ')"
    echo "$row"
}
