#!/usr/bin/env bash
# Measures what a channel costs a small firmware: the same program (two tasks, three values, thumbv6m, `opt-level = "s"`, LTO)
# without a channel, with a heap, with this crate, and with embassy-sync's `Watch`. Each is also run in QEMU.
#
# Flash is the vector table, code and constants. RAM is the static memory except the heap's arena. Heap is what the channel and
# its one waiting receiver have taken of that arena. The script fails if this crate takes too much flash in a program whose
# panics print nothing, as in firmware that must be small. The cost with panic messages is only shown. Then it counts the
# instructions of single operations, and fails if one takes too many. `ci/size.sh --write` also writes the tables into
# no_std_check/README.md.
. "$(dirname "$0")/lib.sh"
need qemu-system-arm "ci/setup.sh firmware"
need size "apt-get install binutils"

# The most that this crate may add to the program with a heap, in bytes.
most=${WATCH_CHANNEL_FLASH:-2500}
arena=4096

target=thumbv6m-none-eabi
use_target $target core,alloc
# Panic messages contain the paths of source files. Without their prefixes, the sizes do not depend on the machine.
RUSTFLAGS="--remap-path-prefix=$PWD="
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    RUSTFLAGS+=" --remap-path-prefix=$registry="
done
RUSTFLAGS+=" --remap-path-prefix=$("${RUSTC:-rustc}" --print sysroot)="
export RUSTFLAGS

dir=${CARGO_TARGET_DIR:-no_std_check/size/target}/$target/release
declare -A flash
table=("| | flash | RAM | heap |" "|---|---|---|---|")
# measure SUFFIX OPTION...: builds the programs with these options of cargo, runs them, and prints a table. SUFFIX is added to
# the programs' names in no_std_check/README.md.
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
echo "with panic messages this crate takes $cost bytes of flash more than the program with a heap"
measure ""
echo "without panic messages it takes $cost bytes more; the limit is $most"
if [ $cost -gt "$most" ]; then
    echo "the largest symbols, in hexadecimal:" >&2
    nm -S --size-sort --reverse-sort -C "$dir/watch_channel" | grep -i ' t ' | head -n 20 | cut -d ' ' -f 2,4- >&2
    fail "that is too much flash; to see all symbols: nm -S --size-sort -C $dir/watch_channel"
fi
if [ "${1:-}" = --write ]; then
    (printf '%s\n' "${table[@]}" &&
        printf '\nOver the program with a heap, this crate takes %s bytes of flash, and %s if panics print their messages.\n' \
            "$cost" "$with_messages") | write_table size
fi

# The most instructions that these may take.
limits='a poll that registers a waker:170 a send that wakes one task:200 a send that wakes eight:602'
counted=$(timeout 300 qemu-system-arm -M microbit -nographic -icount shift=6,sleep=off \
    -semihosting-config enable=on,target=native -kernel "$dir/instructions") || fail "instructions failed in QEMU: $counted"
echo "instructions: operation, this crate, embassy-sync"
echo "$counted"
grep -oE '[a-z][a-z ]*:[0-9]+' <<< "$limits" | while IFS=: read -r name limit; do
    count=$(sed -n "s/^| $name | \([0-9]*\) |.*/\1/p" <<< "$counted")
    [ "${count:-$((limit + 1))}" -le "$limit" ] || fail "$name takes ${count:-no} instructions; the limit is $limit"
done
if [ "${1:-}" = --write ]; then
    printf '%s\n' "| | this crate | embassy-sync |" "|---|---|---|" "$counted" | write_table instructions
fi
