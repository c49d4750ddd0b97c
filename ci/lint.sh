#!/usr/bin/env bash
# Runs Clippy, with warnings denied, for every combination of features, and for those that matter in release builds as well.
. "$(dirname "$0")/lib.sh"
need cargo-clippy "rustup component add clippy"
[ -x "$cache/cargo/bin/cargo-hack" ] || fail "cargo-hack is missing; run: ci/setup.sh rust"
export PATH=$cache/cargo/bin:$PATH

# `loom` is checked below, because it also needs `--cfg loom`. `single-context` only makes a difference on bare metal.
step "every combination of features"
cargo hack clippy --quiet --locked --lib --feature-powerset --skip default,loom,single-context -- -D warnings
step "combinations of features without debug assertions (stream and defmt make no difference there)"
cargo hack clippy --quiet --locked --lib --feature-powerset --skip default,loom,single-context,stream,defmt --profile release -- -D warnings
step "all targets, with default features and with those of std programs"
cargo clippy --quiet --locked --all-targets -- -D warnings
cargo clippy --quiet --locked --all-targets --features stream,tokio,defmt -- -D warnings
step "the tests without default features, with std and without"
cargo clippy --quiet --locked --tests --no-default-features --features std -- -D warnings
cargo clippy --quiet --locked --tests --no-default-features -- -D warnings
step "the comparison with other channels: lints, and some rows"
cargo clippy --quiet --locked --manifest-path benches/compare/Cargo.toml --all-targets -- -D warnings
cargo bench --quiet --locked --bench compare -- changed
for features in "" event-listener critical-section event-listener,critical-section; do
    step "the tests of the build without std, features '$features'"
    cargo clippy --quiet --release --locked --all-targets --manifest-path no_std_check/threads/Cargo.toml \
        --features "$features" -- -D warnings
done
step "loom"
for features in loom loom,event-listener; do
    RUSTFLAGS="--cfg loom --cfg loom_event_listener" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom" \
        cargo clippy --quiet --locked --lib --test loom --no-default-features --features "$features" -- -D warnings
done
step "--cfg loom alone, which a program sets for all crates to check its own models"
for features in "" loom event-listener event-listener,loom std,event-listener,stream,tokio,defmt,critical-section \
    std,event-listener,stream,tokio,defmt,critical-section,loom; do
    RUSTFLAGS="--cfg loom -D warnings" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom" \
        cargo check --quiet --locked --lib --no-default-features --features "$features"
done
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    for features in single-context critical-section event-listener,single-context event-listener,critical-section; do
        step "firmware, $target, features '$features'"
        firmware=(--quiet --release --locked --manifest-path no_std_check/Cargo.toml --target "$target"
            --no-default-features --features "single-core,$features")
        use_target "$target" core,alloc
        if rustup target list --installed | grep -qx "$target"; then
            cargo clippy "${firmware[@]}" -- -D warnings
        else
            # Clippy cannot use a standard library that another compiler has built, so only that compiler's warnings are denied.
            RUSTFLAGS="-D warnings" rust_cargo check "${firmware[@]}"
        fi
    done
done
for package in no_std_check/size no_std_check/sensor no_std_check/wasm examples/wasm; do
    case $package in */wasm) target=wasm32-unknown-unknown ;; *) target=thumbv6m-none-eabi ;; esac
    step "$package, $target, all features"
    use_target "$target" std,panic_abort
    RUSTFLAGS="-D warnings" rust_cargo check --quiet --locked --manifest-path "$package/Cargo.toml" \
        --target "$target" --all-features
done
