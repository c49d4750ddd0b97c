#!/usr/bin/env bash
# Formatting, of the crate and of the packages beside it.
. "$(dirname "$0")/lib.sh"
need cargo-fmt "rustup component add rustfmt"

cargo fmt --check
cargo fmt --check --manifest-path no_std_check/Cargo.toml
