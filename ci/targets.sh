#!/usr/bin/env bash
# Builds for the targets of the README's table, runs what can run here, and prints that table:
# `ci/targets.sh [TARGET...]`, where a TARGET is a Linux triple, `wasm32-unknown-unknown`, `firmware` or `size`.
# A tool that is missing is named, with the command that brings it: ci/setup.sh.
. "$(dirname "$0")/lib.sh"
need column "apt-get install bsdextrautils"

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
        size) ci/size.sh ;;
        wasm32-unknown-unknown) ci/wasm.sh ;;
        *-linux-*) ci/linux.sh "$target" ;;
        *) fail "no recipe for $target; there are firmware, size, wasm32-unknown-unknown and those of ci/linux.sh" ;;
    esac
done

step "all targets"
(echo 'target|built|ran|tests|flash|RAM' && cat "$TARGETS_TABLE") | column -t -s '|'
