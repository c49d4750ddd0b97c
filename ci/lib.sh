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

# need COMMAND [HOW]: fails unless COMMAND exists; HOW is the command that installs it, if ci/tools.txt does not say so.
need() {
    command -v "$1" > /dev/null ||
        fail "$1 is missing; install it with: ${2:-ci/setup.sh $(awk -v tool="$1" '$2 == tool { print $1 }' ci/tools.txt)}"
}

need_toolchain() {
    rustc "+$1" --version > /dev/null 2>&1 || fail "the toolchain $1 is missing; install it with: ci/toolchain.sh $1"
}

# step WHAT: prints the seconds that the script has run so far, and what it does next.
step() {
    printf '\n== %3d s: %s\n' $SECONDS "$*"
}

# run_parts ALL [NAME...]: runs the functions with these names; without a name, those in ALL. Every NAME must be a word of ALL.
run_parts() {
    local all=$1 part
    shift
    # shellcheck disable=SC2086 # several words
    [ $# -gt 0 ] || set -- $all
    for part; do
        [[ " $all " = *" $part "* ]] || fail "there is no $part; there are: $all"
        step "$part"
        "$part"
    done
}

# copy_library DIR: copies the project to DIR, without the other packages of the workspace.
copy_library() {
    mkdir -p "$1"
    git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$1"
    sed -i '/^members = /d' "$1/Cargo.toml"
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
    [ -n "$row" ] || fail "no such row in ci/$1: $2; there are: $(rows "$1" | awk '!seen[$1]++ { print $1 }' | paste -sd ' ')"
    echo "$row"
}
