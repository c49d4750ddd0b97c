#!/usr/bin/env bash
# Runs WebAssembly in node: tasks and timers that share channels, with and without the crate's features `std` and
# `event-listener`. Calls that would wait for their own thread must panic.
. "$(dirname "$0")/lib.sh"
need node "ci/setup.sh wasm"
use_target wasm32-unknown-unknown std,panic_abort

for features in "" std std,event-listener; do
    step "wasm32-unknown-unknown, features '$features'"
    rust_cargo build --quiet --locked --release --manifest-path no_std_check/wasm/Cargo.toml \
        --target wasm32-unknown-unknown --features "$features"
    ended=$(timeout 300 node no_std_check/wasm/run.mjs \
        "${CARGO_TARGET_DIR:-no_std_check/wasm/target}/wasm32-unknown-unknown/release/wasm_check.wasm") ||
        fail "node ends with status $?; 124 means that a call hangs"
    echo "$ended"
    record "wasm32-unknown-unknown, ${features:--}" node "${ended%%,*}" - -
done
