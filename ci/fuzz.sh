#!/usr/bin/env bash
# Fuzzing: `ci/fuzz.sh SECONDS [TARGET...]` runs the targets, by default all in fuzz/, each for an equal part of SECONDS. It
# starts from fuzz/corpus. If there is a finding, it is left in a temporary directory, whose path is printed.
#
# It needs a nightly compiler, which can instrument code for libFuzzer. The sanitizers are off, because the crate has no `unsafe`
# and builds and runs faster without them. Debug assertions are on, and so is the crate's deadlock detector.
. "$(dirname "$0")/lib.sh"

seconds=${1:-}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "usage: ci/fuzz.sh SECONDS [TARGET...]"
mapfile -t all < <(cd fuzz/fuzz_targets && ls ./*.rs | sed 's|^\./||; s|\.rs$||')
targets=("${@:2}")
[ $# -gt 1 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
    [ -e "fuzz/fuzz_targets/$target.rs" ] || fail "no such target: $target; there are ${all[*]}"
done
each=$((seconds / ${#targets[@]}))
[ $each -gt 0 ] || fail "$seconds s is less than a second for each of ${#targets[@]} targets"

need timeout "apt-get install coreutils"
rustc +nightly --version >/dev/null 2>&1 ||
    fail "a nightly compiler is missing, so NOTHING IS FUZZED; run: ci/setup.sh fuzz (or: rustup toolchain install nightly --profile minimal)"
[ -x "$cache/cargo/bin/cargo-fuzz" ] || fail "cargo-fuzz is missing, so NOTHING IS FUZZED; run: ci/setup.sh fuzz"
need c++ "ci/setup.sh fuzz"
export PATH=$cache/cargo/bin:$PATH

options=(--sanitizer none --debug-assertions)
target_dir=${CARGO_TARGET_DIR:-fuzz/target}
step "lints"
need cargo-clippy "rustup component add clippy"
# Lints need no libFuzzer, which takes long to build: this names one that is never linked.
CUSTOM_LIBFUZZER_PATH=$PWD/libnone.a cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir "$target_dir" -- -D warnings
step "build the targets with $(rustc +nightly --version)"
cargo +nightly fuzz build "${options[@]}" --target-dir "$target_dir" ||
    fail "the targets do not build with this nightly compiler, so NOTHING IS FUZZED; see above"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')

found=$(mktemp -d)
failed=()
table=()
for target in "${targets[@]}"; do
    step "fuzz $target for $each s"
    mkdir -p "$found/$target/corpus" "$found/$target/artifacts"
    status=0
    # `timeout` is for a hang that libFuzzer's own limit of 60 s for each program does not catch.
    timeout $((each + 120)) "$target_dir/$host/release/$target" "$found/$target/corpus" "fuzz/corpus/$target" \
        -artifact_prefix="$found/$target/artifacts/" -max_total_time=$each -max_len=301 -timeout=60 -print_final_stats=1 \
        2>&1 | tee "$found/$target/log" | sed -un '/\(INITED\|pulse\|DONE\)/p' || status=$?
    log=$found/$target/log
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    read -r edges features < <(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 \2/p' "$log" | tail -n 1) || true
    new=$(find "$found/$target/corpus" -type f | wc -l)
    result=ok
    if [ $status != 0 ] || [ -z "$executions" ]; then
        result="failed, status $status"
        failed+=("$target")
        grep -A 3 -m 1 -E 'panicked at|ERROR: libFuzzer' "$log" || tail -n 20 "$log"
    fi
    table+=("$(printf '%-8s %11s %7s %9s %7s  %s' "$target" "${executions:--}" "${edges:--}" "${features:--}" "$new" "$result")")
done

step "fuzzing: results"
printf '%-8s %11s %7s %9s %7s  %s\n' target executions edges features new result
printf '%s\n' "${table[@]}"
if [ ${#failed[@]} -gt 0 ]; then
    for target in "${failed[@]}"; do
        input=$(find "$found/$target/artifacts" -type f | head -n 1)
        echo "$target: the log is $found/$target/log"
        [ -n "$input" ] || continue
        RUST_LIBFUZZER_DEBUG_PATH=$found/$target/program timeout 60 "$target_dir/$host/release/$target" "$input" >/dev/null 2>&1 || true
        echo "$target: the program:"
        cat "$found/$target/program" || true
        echo "$target: run it again with:
    cd $PWD && PATH=$cache/cargo/bin:\$PATH cargo +nightly fuzz run ${options[*]} $target $input"
    done >&2
    fail "there is a finding in: ${failed[*]}"
fi
rm -rf "$found"
[ -n "${CARGO_TARGET_DIR:-}" ] || rm -rf fuzz/target
