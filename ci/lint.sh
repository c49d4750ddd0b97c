#!/usr/bin/env bash
# Clippy, warnings denied, for each combination of features that means something.
. "$(dirname "$0")/lib.sh"
need cargo-clippy "rustup component add clippy"

for features in "" std event-listener critical-section event-listener,critical-section std,event-listener \
    std,critical-section std,event-listener,critical-section; do
    for profile in dev release; do
        step "clippy: library, features '$features', $profile"
        cargo clippy --quiet --locked --profile "$profile" --lib --no-default-features --features "$features" -- -D warnings
    done
done
step "clippy: everything, default features"
cargo clippy --quiet --locked --all-targets -- -D warnings
step "clippy: tests without the async API"
cargo clippy --quiet --locked --tests --no-default-features --features std -- -D warnings
step "clippy: loom"
RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom" \
    cargo clippy --quiet --locked --lib --test loom --no-default-features --features loom,event-listener -- -D warnings
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    rustup target add "$target" >/dev/null 2>&1 || fail "the target $target is missing; rustup target add $target"
    for features in "" async async,critical-section; do
        step "clippy: firmware, $target, features '$features'"
        cargo clippy --quiet --release --locked --manifest-path no_std_check/Cargo.toml --target "$target" \
            --no-default-features --features "single-core,$features" -- -D warnings
    done
done
