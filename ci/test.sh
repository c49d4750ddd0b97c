#!/usr/bin/env bash
# `cargo test` as in the README, the tests with other features, and the example `config_reload`.
. "$(dirname "$0")/lib.sh"

step "cargo test"
cargo test --locked
step "cargo test, with all features of std programs"
cargo test --locked --features stream,tokio,defmt
step "cargo test, with critical sections"
cargo test --locked --features critical-section,stream
step "cargo test, with std alone"
cargo test --locked --no-default-features --features std
step "cargo test, without any feature"
cargo test --locked --no-default-features
step "cargo test, optimized"
cargo test --locked --release --tests
# In the tests above, the development dependencies enable `std` in the dependencies. Here nothing may.
for features in "" event-listener critical-section event-listener,critical-section; do
    step "threads that use the build without std, features '$features'"
    threads=(--locked --manifest-path no_std_check/threads/Cargo.toml --features "$features")
    tree=$(cargo tree "${threads[@]}" --edges features)
    found=$(grep -oE '(watch-channel|event-listener|spin|portable-atomic(-util)?|futures-core) feature "std"' <<< "$tree") || true
    [ -z "$found" ] || fail "the build has std: $found; see cargo tree ${threads[*]} --edges features"
    cargo test --release "${threads[@]}"
done
step "the example"
cargo build --quiet --locked --release --example config_reload
timeout 60 cargo run --quiet --locked --release --example config_reload
