#!/usr/bin/env bash
# Counts instructions with callgrind, which does not depend on the machine's load, and fails if an operation takes over 3 % more
# than ci/instructions.txt says. `ci/instructions.sh --accept` writes that file again.
#
# The counts also depend on the compiler. With another version than the file was written with, growth is shown, but is no failure.
. "$(dirname "$0")/lib.sh"
need valgrind

file=ci/instructions.txt
program=$(cargo bench --quiet --locked -p benches --bench instructions --no-run --message-format=json |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p')
[ -x "$program" ] || fail "cargo does not say where the benchmark is; see: cargo bench -p benches --bench instructions --no-run"

# count OPERATION TIMES: instructions of the whole program.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

new=$(mktemp)
echo "# instructions for one operation, x86_64, Rust $(rustc --version | cut -d ' ' -f 2)" > "$new"
for operation in borrow send ready pending; do
    # The start and the end of the program cancel out in the difference.
    each=$((($(count $operation 3000) - $(count $operation 1000)) / 2000))
    [ "$each" -gt 0 ] || fail "callgrind counted nothing for $operation"
    echo "$operation $each" >> "$new"
done
diff --side-by-side --width 120 $file "$new" || true
if [ "${1:-}" = --accept ]; then
    cp "$new" $file
elif [ "$(head -n 1 $file)" != "$(head -n 1 "$new")" ]; then
    echo "note: $file, on the left, was written with another compiler"
else
    awk 'NR == FNR { was[$1] = $2; next } $2 * 100 > was[$1] * 103 { exit 1 }' $file "$new" ||
        fail "an operation takes over 3 % more instructions; to accept that: ci/instructions.sh --accept"
fi
rm "$new"
