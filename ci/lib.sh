# Sourced by the scripts beside it: the project's root, the cache, and clear failures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Downloaded toolchains go here, outside the repository.
cache=${WATCH_CHANNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watch-channel}

fail() {
    echo "error: $*" >&2
    exit 1
}

# need COMMAND HOW: fails unless COMMAND exists; HOW is the command that brings it.
need() {
    command -v "$1" >/dev/null || fail "$1 is missing; install it with: $2"
}

step() {
    printf '\n== %s\n' "$*"
}
