#!/usr/bin/env bash
# Runs the test suite for other processors in qemu-user: `ci/linux.sh [TARGET...]`. ci/linux.txt lists the targets.
#
# It runs all unit and integration tests except tests/ui.rs, which tests the compiler's messages. The property tests run fewer
# programs, because each takes about forty times as long in an emulator.
. "$(dirname "$0")/lib.sh"

targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(rows linux.txt | awk '{ print $1 }')

for target in "${targets[@]}"; do
    row=$(known linux.txt "$target")
    read -r target gnu qemu _ <<< "$row"
    need "$gnu-gcc" "ci/setup.sh linux"
    need "$qemu" "ci/setup.sh linux"
    step "the tests on $target"
    name=$(tr a-z- A-Z_ <<< "$target")
    log=$(mktemp)
    status=0
    env "CARGO_TARGET_${name}_LINKER=$gnu-gcc" "CARGO_TARGET_${name}_RUNNER=$qemu -L /usr/$gnu" PROPTEST_CASES=50 \
        bash -c ". ci/lib.sh; use_target $target std,panic_unwind,test; rust_cargo test --locked --target $target --lib \
            --tests --features stream,tokio -- --skip misuse_does_not_compile" ci/linux.sh > "$log" 2>&1 || status=$?
    passed=$(sed -n 's/^test result: .* \([0-9]*\) passed.*/\1/p' "$log" | awk '{n += $1} END {print n}')
    if [ $status -ne 0 ] || [ "${passed:-0}" -lt 100 ]; then
        cat "$log" >&2
        fail "the tests on $target failed (status $status, ${passed:-0} passed)"
    fi
    # The next target cannot use what has been built for this one.
    rm -r "$log" "${CARGO_TARGET_DIR:-target}/$target"
    echo "$target: $passed tests passed"
    record "$target" "qemu-user" "$passed tests" - -
done
