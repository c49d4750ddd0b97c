#!/usr/bin/env bash
# Runs Clippy, with warnings denied, for every combination of features, and for those that matter in release builds as well. What is
# for other targets is compiled with warnings denied.
. "$(dirname "$0")/lib.sh"
need cargo-clippy "rustup component add clippy"
need cargo-hack
need_toolchain watch-targets
clippy() { cargo clippy --quiet --locked "$@" -- -D warnings; }

# `loom` is checked below, because it also needs `--cfg loom`. `single-context` only makes a difference on bare metal.
step "every combination of features"
cargo hack clippy --quiet --locked --lib --feature-powerset --skip default,loom,single-context -- -D warnings
step "combinations of features without debug assertions (stream and defmt make no difference there)"
cargo hack clippy --quiet --locked --lib --feature-powerset --skip default,loom,single-context,stream,defmt --profile release -- -D warnings
step "all packages, and the tests with other features"
clippy --workspace --all-targets
clippy --all-targets --features stream,tokio,defmt
clippy --tests --no-default-features --features std
clippy --tests --no-default-features
for features in "" event-listener critical-section event-listener,critical-section; do
    clippy --manifest-path no_std_check/threads/Cargo.toml --release --all-targets --features "$features"
done
step "the comparison with other channels: some rows"
cargo compare changed
step "loom"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
for features in loom loom,event-listener; do
    RUSTFLAGS="--cfg loom --cfg loom_event_listener" CARGO_TARGET_DIR=$CARGO_TARGET_DIR/loom \
        clippy --lib --test loom --no-default-features --features "$features"
done
step "--cfg loom alone, which a program sets for all crates to check its own models"
for features in "" loom event-listener event-listener,loom std,event-listener,stream,tokio,defmt,critical-section \
    std,event-listener,stream,tokio,defmt,critical-section,loom; do
    RUSTFLAGS="--cfg loom -D warnings" CARGO_TARGET_DIR=$CARGO_TARGET_DIR/loom \
        cargo check --quiet --locked --lib --no-default-features --features "$features"
done
step "other targets"
check() { RUSTFLAGS="-D warnings" cargo +watch-targets check --quiet --locked --manifest-path "$@"; }
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    for features in single-context critical-section event-listener,single-context event-listener,critical-section \
        two-cores,critical-section; do
        check no_std_check/Cargo.toml --release --target $target --no-default-features --features "single-core,$features"
    done
done
for package in no_std_check/size no_std_check/sensor no_std_check/wasm examples/wasm; do
    case $package in */wasm) target=wasm32-unknown-unknown ;; *) target=thumbv6m-none-eabi ;; esac
    check $package/Cargo.toml --target $target --all-features
done
