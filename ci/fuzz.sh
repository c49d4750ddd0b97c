#!/usr/bin/env bash
# Fuzzing: `ci/fuzz.sh SECONDS [TARGET...]` runs the targets, by default all in fuzz/, each for an equal part of SECONDS. It
# starts from the programs in fuzz/corpus.tar.gz. cargo-fuzz prints a finding, and keeps it in fuzz/artifacts/.
#
# It needs a nightly compiler, which can instrument code for libFuzzer. The sanitizers are off, because the crate has no `unsafe`
# and builds and runs faster without them. Debug assertions are on, and so is the crate's deadlock detector.
. "$(dirname "$0")/lib.sh"
need_toolchain nightly
need cargo-fuzz
need c++

seconds=${1:-}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "usage: ci/fuzz.sh SECONDS [TARGET...]"
shift
all=$(cargo fuzz list)
# shellcheck disable=SC2086 # several words
[ $# -gt 0 ] || set -- $all

target_dir=${CARGO_TARGET_DIR:-fuzz/target}
step "lints"
# Lints need no libFuzzer, which takes long to build: this names one that is never linked.
CUSTOM_LIBFUZZER_PATH=$PWD/libnone.a cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir "$target_dir" -- -D warnings
step "build the targets"
cargo +nightly fuzz build --sanitizer none --target-dir "$target_dir"

corpus=$(mktemp -d)
tar -xzf fuzz/corpus.tar.gz -C "$corpus"
for target; do
    step "fuzz $target"
    # `timeout` is for a hang that libFuzzer's own limit of 60 s for each program does not catch.
    timeout $((seconds / $# + 120)) cargo +nightly fuzz run --sanitizer none --target-dir "$target_dir" "$target" "$corpus/$target" \
        -- -max_total_time=$((seconds / $#)) -max_len=301 -timeout=60 -print_final_stats=1 > "$corpus/log" 2>&1 ||
        fail "there is a finding in $target: $(grep -v '^#' "$corpus/log")" # libFuzzer's progress begins with #
    grep -E '^stat::number_of_executed_units: +[1-9]' "$corpus/log" || fail "$target has run no program"
    sed -n 's/.*DONE */coverage: /p' "$corpus/log"
done
rm -r "$corpus"
[ -n "${CARGO_TARGET_DIR:-}" ] || rm -r fuzz/target
