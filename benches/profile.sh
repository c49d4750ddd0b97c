#!/usr/bin/env bash
# Shows what a row costs: callgrind counts the instructions of one operation, and the atomic read-modify-writes among them, for
# this crate, tokio and asyncband.
#
# A read-modify-write is an instruction with a lock prefix, or an exchange with memory (x86-64), and takes the
# time of about twenty others even if no other thread uses that memory.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in valgrind objdump; do
    command -v "$tool" > /dev/null || { echo "$tool is missing; install it with: apt-get install valgrind binutils" >&2; exit 1; }
done
[ "$(uname -m)" = x86_64 ] || { echo "atomic writes are recognized only on x86-64; this is $(uname -m)" >&2; exit 1; }

program=$(cargo bench --quiet --locked -p benches --bench compare --no-run --message-format=json |
    sed -n 's/.*"name":"compare".*"executable":"\([^"]*\)".*/\1/p')
counts=$(mktemp)
said=$(mktemp)
trap 'rm -f "$counts" "$said"' EXIT
locked=$(objdump -d --no-show-raw-insn "$program" |
    awk '$2 == "lock" || $2 ~ /^xchg/ && /\(/ { sub(":", "", $1); printf "0x%s ", $1 }')

# count ROW WHO TIMES: prints the instructions of the whole program, and how many of them are read-modify-writes.
count() {
    valgrind --quiet --tool=callgrind --dump-instr=yes --compress-pos=no --compress-strings=no \
        --callgrind-out-file="$counts" "$program" --once "$@" 2> "$said" || { cat "$said" >&2; exit 1; }
    awk -v locked="$locked" '
        BEGIN { split(locked, list, " "); for (i in list) is_locked[list[i]] = 1 }
        # The line after a call has the cost of the callee.
        /^calls=/ { getline; next }
        /^0x/ { all += $3; if ($1 in is_locked) atomics += $3 }
        END { printf "%d %d\n", all, atomics }' "$counts"
}

printf '%-30s %-9s %12s %14s\n' "for one operation" "" instructions "atomic writes"
while IFS=: read -r row per times; do
    for who in ours tokio asyncband; do
        # The start and the end of the program cancel out in the difference.
        few=$(count "$row" $who "$times")
        many=$(count "$row" $who $((times * 3)))
        read -r few_all few_atomics <<< "$few"
        read -r all atomics <<< "$many"
        awk -v row="$row" -v who=$who -v n=$((times * 2 * per)) -v all=$((all - few_all)) \
            -v atomics=$((atomics - few_atomics)) \
            'BEGIN { printf "%-30s %-9s %12.1f %14.1f\n", row, who, all / n, atomics / n }'
    done
done << ROWS
borrow:1:1000
clone and drop a receiver:1:1000
changed pending, send, ready:1:1000
changed pending, dropped:1:1000
fan-out to 100, one worker:100:30
ROWS
