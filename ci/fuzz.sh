#!/usr/bin/env bash
# Fuzzing: `ci/fuzz.sh SECONDS [TARGET...]` runs the targets, by default all in fuzz/, each for an equal part of SECONDS. It
# starts from the programs in fuzz/corpus.tar.gz. If there is a finding, it is left in a temporary directory, whose path is printed.
#
# It needs a nightly compiler, which can instrument code for libFuzzer. The sanitizers are off, because the crate has no `unsafe`
# and builds and runs faster without them. Debug assertions are on, and so is the crate's deadlock detector.
. "$(dirname "$0")/lib.sh"
need_toolchain nightly "ci/setup.sh fuzz"
need cargo-fuzz "ci/setup.sh fuzz"
need c++ "ci/setup.sh fuzz"

seconds=${1:-}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "usage: ci/fuzz.sh SECONDS [TARGET...]"
shift
mapfile -t all < <(cd fuzz/fuzz_targets && printf "%s\n" *.rs | sed "s|\.rs$||")
[ $# -gt 0 ] || set -- "${all[@]}"

options=(--sanitizer none --debug-assertions)
target_dir=${CARGO_TARGET_DIR:-fuzz/target}
step "lints"
# Lints need no libFuzzer, which takes long to build: this names one that is never linked.
CUSTOM_LIBFUZZER_PATH=$PWD/libnone.a cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir "$target_dir" -- -D warnings
step "build the targets"
cargo +nightly fuzz build "${options[@]}" --target-dir "$target_dir"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')

found=$(mktemp -d)
mkdir "$found/start"
tar -xzf fuzz/corpus.tar.gz -C "$found/start"
for target; do
    step "fuzz $target"
    mkdir -p "$found/$target/corpus"
    program=$target_dir/$host/release/$target
    # `timeout` is for a hang that libFuzzer's own limit of 60 s for each program does not catch.
    timeout $((seconds / $# + 120)) "$program" "$found/$target/corpus" "$found/start/$target" -artifact_prefix="$found/$target/" \
        -max_total_time=$((seconds / $#)) -max_len=301 -timeout=60 -print_final_stats=1 > "$found/$target/log" 2>&1 || {
        status=$?
        grep -A 3 -m 1 -E 'panicked at|ERROR: libFuzzer' "$found/$target/log" || tail -n 20 "$found/$target/log"
        for input in "$found/$target"/{crash,timeout,oom,leak}-*; do
            [ -e "$input" ] || continue
            RUST_LIBFUZZER_DEBUG_PATH=$found/program timeout 60 "$program" "$input" > /dev/null 2>&1 || true
            cat "$found/program" || true
            echo "to run it again: PATH=$cache/cargo/bin:\$PATH cargo +nightly fuzz run ${options[*]} $target $input"
        done
        fail "there is a finding in $target, status $status; the log is $found/$target/log"
    } >&2
    grep -E '^stat::number_of_executed_units: +[1-9]' "$found/$target/log" || fail "$target has run no program"
    sed -n 's/.*DONE */coverage: /p' "$found/$target/log"
done
rm -rf "$found"
[ -n "${CARGO_TARGET_DIR:-}" ] || rm -rf fuzz/target
