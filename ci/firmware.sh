#!/usr/bin/env bash
# Boots firmware that checks the crate (no_std_check) in QEMU: `ci/firmware.sh [BOARD...]`, where ci/boards.txt lists the boards.
# It runs on each board, with each of portable-atomic's back ends where there is a choice, and with each set of features; the
# table at the end has a line for each combination. Without both `critical-section` and `single-context` it must not build. If no
# BOARD is given, the example firmware is run as well (ci/sensor.sh).
. "$(dirname "$0")/lib.sh"
need cargo "https://rustup.rs"
need timeout "apt-get install coreutils"
need size "apt-get install binutils"

# QEMU counts instructions as time, 64 ns each, and skips the time in which the processor sleeps until the next interrupt. So
# every run is the same, critical sections can be measured, and an interrupt can come between any two instructions; without this,
# QEMU takes interrupts only between blocks of instructions.
icount=(-icount "shift=6,sleep=off")
limit=600

boards=("$@")
[ $# -gt 0 ] || mapfile -t boards < <(rows boards.txt | awk '{ print $1 }')

# board BOARD: sets its `target`, `backends` and `qemu`.
board() {
    local row backend
    row=$(known boards.txt "$1")
    read -r _ target backend qemu <<< "$row"
    IFS=, read -ra backends <<< "$backend"
    read -ra qemu <<< "$qemu"
}

# row BOARD TARGET BACKEND FEATURES PASSED RESULT
row() {
    table+=("$(printf '%-12s %-29s %-12s %-31s %9s  %s' "$@")")
}

# run BOARD BACKEND FEATURES: boots the firmware that has been built, and adds a row.
run() {
    local program=${CARGO_TARGET_DIR:-no_std_check/target}/$target/release/no_std_check
    local output status=0 result=ok
    output=$(timeout "$limit" "${qemu[@]}" "${icount[@]}" -display none -serial none -monitor none \
        -semihosting-config enable=on,target=native -kernel "$program" 2>&1 </dev/null) || status=$?
    echo "$output"
    local passed
    passed=$(sed -n 's/^ok: \([0-9]*\) scenarios,.*/\1/p' <<<"$output")
    case $status in
        0) [ -n "$passed" ] || result="no result" ;;
        124) result="hang on $1 after $limit s, in: $(tail -n 1 <<<"$output" | cut -d : -f 1)" ;;
        *) result="failed, status $status" ;;
    esac
    [ "$result" = ok ] || { echo "error: $1: $result" >&2; failed=1; }
    row "$1" "$target" "$2" "${3:--}" "${passed:--}" "$result"
    read -r flash ram < <(bytes "$program")
    record "$target, $2, ${3:--}" "$1 in QEMU: $result" "${passed:--} scenarios" "$flash" "$ram"
}

# must_not_build BACKEND: fails unless a build that says nothing about interrupts is refused, with an error that names both
# features.
must_not_build() {
    local said
    if said=$(rust_cargo check --target "$target" "${manifest[@]}" --features "${1#-}" 2>&1); then
        fail "it builds for $target without critical-section and without single-context"
    fi
    # shellcheck disable=SC2016 # the message has backticks
    for way_out in '`critical-section`' '`single-context`'; do
        grep "^error: on bare metal, .* enable the feature.* $way_out" <<<"$said" >/dev/null ||
            fail "it does not build for $target, but the compiler does not offer $way_out: $said"
    done
}

for name in "${boards[@]}"; do
    board "$name"
    need "${qemu[0]}" "ci/setup.sh firmware"
done

table=()
failed=0
manifest=(--quiet --release --locked --manifest-path no_std_check/Cargo.toml --no-default-features)
for name in "${boards[@]}"; do
    board "$name"
    use_target "$target" core,alloc
    step "firmware: $name, neither critical-section nor single-context: must not build"
    must_not_build "${backends[0]}"
    for backend in "${backends[@]}"; do
        for features in single-context critical-section event-listener,single-context event-listener,critical-section; do
            step "firmware: $name, back end $backend, features '$features'"
            all=$features,${backend#-}
            if rust_cargo build --target "$target" "${manifest[@]}" --features "$all"; then
                run "$name" "$backend" "$features"
            else
                failed=1
                row "$name" "$target" "$backend" "${features:--}" - "does not build"
            fi
        done
    done
done

step "firmware: results"
printf '%-12s %-29s %-12s %-31s %9s  %s\n' board target "back end" features scenarios result
printf '%s\n' "${table[@]}"
[ "$failed" = 0 ] || fail "a firmware test failed"

[ $# -gt 0 ] || ci/sensor.sh
