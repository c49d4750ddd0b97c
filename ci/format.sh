#!/usr/bin/env bash
# Checks the formatting of the crate and of all other packages in the repository.
. "$(dirname "$0")/lib.sh"
need cargo-fmt "rustup component add rustfmt"

cargo fmt --check
# Each of the other packages is a separate workspace.
git ls-files -co --exclude-standard '*/Cargo.toml' | while read -r manifest; do
    cargo fmt --check --all --manifest-path "$manifest"
done
# cargo does not find this file: it is included, and not a module.
rustfmt --check --edition 2024 --config-path rustfmt.toml examples/tokio_port/program.rs
