#!/usr/bin/env bash
# `cargo test` as in the README, the optimized tests, the tests of the build without std, the documentation's examples with each
# set of features, and the example `config_reload`. The tests with other features than the default ones run in ci/coverage.sh.
. "$(dirname "$0")/lib.sh"

step "cargo test"
cargo test --locked
step "cargo test, optimized"
cargo test --locked --release --tests
for features in std,event-listener,stream,tokio,defmt std,event-listener,critical-section,stream std ""; do
    step "cargo test --doc, features '$features'"
    cargo test --locked --doc --no-default-features --features "$features"
done
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
