#!/usr/bin/env bash
# Clippy, warnings denied, for every combination of features, in debug and in release builds.
. "$(dirname "$0")/lib.sh"
need cargo-clippy "rustup component add clippy"
[ -x "$cache/cargo/bin/cargo-hack" ] || fail "cargo-hack is missing; run: ci/setup.sh rust"
export PATH=$cache/cargo/bin:$PATH

# `loom` has a check of its own, because it also needs `--cfg loom`. (`stream` and `tokio` bring `event-listener`.)
for profile in dev release; do
    step "every combination of features, $profile"
    cargo hack clippy --quiet --locked --lib --feature-powerset --skip default,loom --profile "$profile" -- -D warnings
done
step "everything there is to lint, with default features and with those of std programs"
cargo clippy --quiet --locked --all-targets -- -D warnings
cargo clippy --quiet --locked --all-targets --features stream,tokio,defmt -- -D warnings
step "the tests without the async API"
cargo clippy --quiet --locked --tests --no-default-features --features std -- -D warnings
step "loom"
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
