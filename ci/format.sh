#!/usr/bin/env bash
# Formatting, of the crate and of the packages next to it.
. "$(dirname "$0")/lib.sh"
need cargo-fmt "rustup component add rustfmt"

cargo fmt --check
for manifest in benches/compare/Cargo.toml fuzz/Cargo.toml no_std_check/Cargo.toml no_std_check/size/Cargo.toml \
    no_std_check/threads/Cargo.toml no_std_check/wasm/Cargo.toml; do
    cargo fmt --check --manifest-path "$manifest"
done
