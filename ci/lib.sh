# Other scripts source this file. It changes to the project's root, and defines the cache and the functions that they share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Without debug information and incremental builds, target/ takes a third of the disk space, and builds take a fifth less time.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

# Downloaded toolchains go here, outside the repository.
cache=${WATCH_CHANNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watch-channel}

fail() {
    echo "error: $*" >&2
    exit 1
}

# need COMMAND HOW: fails unless COMMAND exists; HOW is the command that installs it.
need() {
    command -v "$1" >/dev/null || fail "$1 is missing; install it with: $2"
}

# step WHAT: prints the seconds that the script has run so far, and what it does next.
step() {
    printf '\n== %3d s: %s\n' $SECONDS "$*"
}

# cannot_add WHAT SAID: says that Debian's compiler is used instead of WHAT, and prints what rustup SAID.
cannot_add() {
    echo "rustup cannot add $1, so the compiler of ci/toolchain.sh is used instead (${2##*$'\n'})" >&2
}

# use_target TARGET CRATES: defines `rust_cargo`, which builds for TARGET. It uses rustup's standard library if rustup can add
# that, and otherwise builds the CRATES of the standard library from the source that ci/toolchain.sh downloads.
use_target() {
    rust_cargo() { cargo "$@"; }
    local said
    if ! said=$(rustup target add "$1" 2>&1); then
        cannot_add "$1" "$said"
        built_rustc=${built_rustc:-$(ci/toolchain.sh)} || fail "rustup target add $1 fails, and so does ci/toolchain.sh"
        built_crates=$2
        # The linker for bare metal comes with rustup's compiler.
        linkers=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
        rust_cargo() {
            PATH=$PATH:$linkers RUSTC=$built_rustc RUSTC_BOOTSTRAP=1 cargo "$1" "-Zbuild-std=$built_crates" "${@:2}"
        }
    fi
}

# rows FILE [NAME]: prints the rows of the table ci/FILE, or only the one whose first column is NAME.
rows() {
    awk -v name="${2:-}" '/^[^#]/ && (name == "" || $1 == name)' "ci/$1"
}

# known FILE NAME: prints the row NAME of the table ci/FILE. Fails if there is none, and lists the names that there are.
known() {
    local row names
    row=$(rows "$1" "$2")
    names=$(rows "$1" | awk '{ print $1 }' | paste -sd ' ')
    [ -n "$row" ] || fail "no such row in ci/$1: $2; there are: $names"
    echo "$row"
}

# record TARGET RAN_ON TESTS FLASH RAM: adds a line to the table that ci/targets.sh prints, if that script runs this one.
record() {
    [ -z "${TARGETS_TABLE:-}" ] || (IFS='|' && echo "$*") >> "$TARGETS_TABLE"
}

# write_table NAME: replaces the table NAME in no_std_check/README.md by standard input.
write_table() {
    local readme=no_std_check/README.md
    grep -q "^<!-- $1 -->$" $readme || fail "$readme has no line <!-- $1 -->, after which the table belongs"
    table=$(cat) awk -v name="$1" '
        $0 == "<!-- end of " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name " -->" { inside = 1; print ""; print ENVIRON["table"]; print "" }' $readme > $readme.new
    mv $readme.new $readme
    echo "$readme: the table '$1' is written"
}

# bytes PROGRAM: prints the bytes of flash (vector table, code, constants) and of static RAM that firmware takes.
bytes() {
    size -A "$1" | awk '
        $1 ~ /^\.(vector_table|init|text|text\..*|rodata|data)$/ { flash += $2 }
        $1 ~ /^\.(data|bss|uninit)$/ { ram += $2 }
        END { print flash, ram }'
}
