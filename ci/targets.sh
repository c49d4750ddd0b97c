#!/usr/bin/env bash
# Builds and tests the crate for other targets, and prints a table: `ci/targets.sh [TARGET...]`, where a TARGET is a Linux triple
# of ci/linux.txt, `wasm32-unknown-unknown`, `firmware` or `size`; all of them by default. `ci/targets.sh --write` also writes the
# tables into no_std_check/README.md.
. "$(dirname "$0")/lib.sh"
need column "apt-get install bsdextrautils"

write=
[ "${1:-}" != --write ] || { write=yes && shift; }
targets=("$@")
if [ $# -eq 0 ]; then
    mapfile -t linux < <(rows linux.txt | awk '{ print $1 }')
    targets=(firmware size wasm32-unknown-unknown "${linux[@]}")
fi

TARGETS_TABLE=$(mktemp)
export TARGETS_TABLE
trap 'rm -f "$TARGETS_TABLE"' EXIT

for i in "${!targets[@]}"; do
    target=${targets[$i]}
    step "$((i + 1)) of ${#targets[@]}: $target"
    case $target in
        firmware) ci/firmware.sh ;;
        size) ci/size.sh ${write:+--write} ;;
        wasm32-unknown-unknown) ci/wasm.sh ;;
        *-linux-*) ci/linux.sh "$target" ;;
        *) fail "no such target: $target; there are firmware, size, wasm32-unknown-unknown and those in ci/linux.txt" ;;
    esac
done

step "all targets"
(echo 'target|ran on|tests|flash|RAM' && cat "$TARGETS_TABLE") | column -t -s '|'
if [ "$write" ]; then
    (printf '| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n' target "ran on" tests flash RAM &&
        sed 's/^/| /; s/|/ | /2g; s/$/ |/' "$TARGETS_TABLE") | write_table targets
fi
