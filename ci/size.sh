#!/usr/bin/env bash
# What a channel costs a small firmware: the same program (two tasks, three values, thumbv6m, `opt-level = "s"`, LTO)
# without a channel, with a heap, with this crate, and with embassy-sync's `Watch`. Each is run in QEMU as well.
#
# Flash is the vector table, code and constants; RAM is what is static, without the arena of the heap; heap is what the
# channel and its one waiting receiver took of that. It fails if this crate costs more flash than it may in
# programs whose panics print nothing, as in firmware that counts its bytes; what panic messages cost is shown as well.
# `ci/size.sh --write` also writes the tables into no_std_check/README.md.
. "$(dirname "$0")/lib.sh"
need qemu-system-arm "ci/setup.sh firmware"
need size "apt-get install binutils"

# The most that this crate may add to the program with a heap, in bytes.
most=${WATCH_CHANNEL_FLASH:-3072}
arena=4096

target=thumbv6m-none-eabi
use_target $target core,alloc
# Panic messages name source files: not where those happen to be on this machine.
RUSTFLAGS="--remap-path-prefix=$PWD="
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    RUSTFLAGS+=" --remap-path-prefix=$registry="
done
RUSTFLAGS+=" --remap-path-prefix=$("${RUSTC:-rustc}" --print sysroot)="
export RUSTFLAGS

dir=${CARGO_TARGET_DIR:-no_std_check/size/target}/$target/release
declare -A flash
table=("| | flash | RAM | heap |" "|---|---|---|---|")
# measure SUFFIX OPTION...: builds the programs with these options of cargo, runs them, and prints a table. SUFFIX is what
# the programs are called by in no_std_check/README.md.
measure() {
    local suffix=$1
    shift
    rust_cargo build --quiet --locked --release --manifest-path no_std_check/size/Cargo.toml --target $target "$@"
    printf '%-22s %8s %8s %8s\n' "bytes" flash RAM heap
    local program out heap ram
    for program in none heap watch_channel embassy_watch; do
        out=$(timeout 300 qemu-system-arm -M microbit -nographic -semihosting-config enable=on,target=native \
            -kernel "$dir/$program") || fail "$program failed or hangs in QEMU: $out"
        read -r flash["$program"] ram < <(bytes "$dir/$program")
        heap=$(sed -n 's/^heap: \([0-9]*\) bytes$/\1/p' <<< "$out")
        [ -z "$heap" ] || ram=$((ram - arena))
        printf '%-22s %8s %8s %8s\n' "$program" "${flash[$program]}" "$ram" "${heap:--}"
        table+=("| $program$suffix | ${flash[$program]} | $ram | ${heap:--} |")
    done
    cost=$((flash[watch_channel] - flash[heap]))
}

measure ", with panic messages" --features panic-messages
with_messages=$cost
echo "with panic messages this crate costs $cost bytes of flash over the program with a heap"
measure ""
echo "without, it costs $cost bytes; at most $most"
if [ $cost -gt "$most" ]; then
    echo "the largest symbols, in hexadecimal:" >&2
    nm -S --size-sort --reverse-sort -C "$dir/watch_channel" | grep -i ' t ' | head -n 20 | cut -d ' ' -f 2,4- >&2
    fail "that is too much; see what grew: nm -S --size-sort -C $dir/watch_channel"
fi
if [ "${1:-}" = --write ]; then
    (printf '%s\n' "${table[@]}" &&
        printf '\nOver the program with a heap, this crate takes %s bytes of flash, and %s if panics print their messages.\n' \
            "$cost" "$with_messages") | write_table size
fi
