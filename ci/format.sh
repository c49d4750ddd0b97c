#!/usr/bin/env bash
# Formatting, of the crate and of the packages next to it.
. "$(dirname "$0")/lib.sh"
need cargo-fmt "rustup component add rustfmt"

cargo fmt --check
# Each package of its own, wherever it is.
git ls-files -co --exclude-standard '*/Cargo.toml' | while read -r manifest; do
    cargo fmt --check --all --manifest-path "$manifest"
done
# Included, and not a module.
rustfmt --check --edition 2024 --config-path rustfmt.toml examples/tokio_port/program.rs
