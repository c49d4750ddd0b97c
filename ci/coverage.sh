#!/usr/bin/env bash
# Runs the unit and integration tests with several sets of features, and checks that together they reach all lines of src/ except a
# few. The report shows which.
#
# The sets compile all code that a program on this machine can compile. Not covered here are `Eager` in src/sync/lazy.rs (32 bits;
# `ci/target.sh linux` runs it), src/sync/loom.rs and the models (ci/loom.sh), and code that depends on `target_family = "wasm"`
# (`ci/target.sh wasm`) or on the lack of debug assertions (`ci/test.sh release`).
. "$(dirname "$0")/lib.sh"
need cargo-llvm-cov

# The most lines that may be missed. Some of these depend on how two threads interleave, and loom reaches them.
most=42

# LLVM's tools are rustup's, or Debian's of the compiler's version of LLVM.
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
rustup component list --installed | grep -q llvm-tools || export LLVM_COV="llvm-cov-$llvm" LLVM_PROFDATA="llvm-profdata-$llvm"

CARGO_LLVM_COV_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}/coverage")
export CARGO_LLVM_COV_TARGET_DIR
rm -rf "$CARGO_LLVM_COV_TARGET_DIR"
for features in "--features critical-section,stream,tokio,defmt" "--no-default-features --features critical-section,stream" \
    "--no-default-features --features std" "--no-default-features"; do
    step "cargo test --lib --tests $features"
    # tests/cargo/ui.rs only runs the compiler.
    # shellcheck disable=SC2086 # several words
    cargo llvm-cov test --no-report --quiet --locked --lib --tests $features -- --skip misuse_does_not_compile
done
step "lines of src/"
cargo llvm-cov report --locked --show-missing-lines --fail-uncovered-lines $most ||
    fail "more than $most lines are missed: cover the new ones with tests, or say in the commit message why that cannot be"
# No other build can use it.
rm -r "$CARGO_LLVM_COV_TARGET_DIR"
