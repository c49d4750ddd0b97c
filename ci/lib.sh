# Sourced by the scripts next to it: the project's root, the cache, and clear failures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# No debug information and no incremental builds: a third of the disk, and a fifth less time to build.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

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

# cannot_add WHAT SAID: says that Debian's compiler stands in for WHAT, and what rustup SAID.
cannot_add() {
    echo "rustup cannot add $1, so ci/toolchain.sh stands in (${2##*$'\n'})" >&2
}

# use_target TARGET CRATES: makes `rust_cargo` build for TARGET, with rustup's standard library where rustup can add it,
# and otherwise with the CRATES of the standard library built from the source that ci/toolchain.sh brings.
use_target() {
    rust_cargo() { cargo "$@"; }
    local said
    if ! said=$(rustup target add "$1" 2>&1); then
        cannot_add "$1" "$said"
        built_rustc=${built_rustc:-$(ci/toolchain.sh)} || fail "rustup target add $1 fails, and so does ci/toolchain.sh"
        built_crates=$2
        # rustup's compiler brings the linker for bare metal.
        linkers=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
        rust_cargo() {
            PATH=$PATH:$linkers RUSTC=$built_rustc RUSTC_BOOTSTRAP=1 cargo "$1" "-Zbuild-std=$built_crates" "${@:2}"
        }
    fi
}

# rows FILE [NAME]: the rows of a table in ci/, or the one whose first column is NAME.
rows() {
    awk -v name="${2:-}" '/^[^#]/ && (name == "" || $1 == name)' "ci/$1"
}

# known FILE NAME: the row of that name. Fails if there is none, and says which there are.
known() {
    local row names
    row=$(rows "$1" "$2")
    names=$(rows "$1" | awk '{ print $1 }' | paste -sd ' ')
    [ -n "$row" ] || fail "no such row in ci/$1: $2; there are: $names"
    echo "$row"
}

# record TARGET RAN_ON TESTS FLASH RAM: a line of the table that ci/targets.sh makes.
record() {
    [ -z "${TARGETS_TABLE:-}" ] || (IFS='|' && echo "$*") >> "$TARGETS_TABLE"
}

# write_table NAME: replaces what no_std_check/README.md says about NAME by standard input.
write_table() {
    local readme=no_std_check/README.md
    grep -q "^<!-- $1 -->$" $readme || fail "$readme has no place for the table '$1'"
    table=$(cat) awk -v name="$1" '
        $0 == "<!-- end of " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name " -->" { inside = 1; print ""; print ENVIRON["table"]; print "" }' $readme > $readme.new
    mv $readme.new $readme
    echo "$readme: the table '$1' is written"
}

# bytes PROGRAM: the flash (vector table, code, constants) and the static RAM that firmware takes.
bytes() {
    size -A "$1" | awk '
        $1 ~ /^\.(vector_table|init|text|text\..*|rodata|data)$/ { flash += $2 }
        $1 ~ /^\.(data|bss|uninit)$/ { ram += $2 }
        END { print flash, ram }'
}
