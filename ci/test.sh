#!/usr/bin/env bash
# The README's two commands, and the tests with other features.
. "$(dirname "$0")/lib.sh"

step "cargo test"
cargo test --locked
step "cargo test, with every feature that std programs have"
cargo test --locked --features stream,tokio,defmt
step "cargo test, with critical sections"
cargo test --locked --features critical-section,stream
step "cargo test, with std alone"
cargo test --locked --no-default-features --features std
step "cargo test, without any feature"
cargo test --locked --no-default-features
step "cargo test, optimized"
cargo test --locked --release --tests
step "the example"
cargo build --quiet --locked --release --example config_reload
timeout 10 cargo run --quiet --locked --release --example config_reload
