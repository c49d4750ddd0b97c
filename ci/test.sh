#!/usr/bin/env bash
# Runs the tests: `ci/test.sh [NAME...]`, where a NAME is default, release, doc, bare or oldest; the first four by
# default. The tests with other features than the default ones run in ci/coverage.sh.
. "$(dirname "$0")/lib.sh"

# As in the README, and its first program.
default() {
    cargo test --locked
    cargo build --quiet --locked -p config_reload
    timeout 60 cargo run --quiet --locked -p config_reload
}

release() {
    cargo test --locked --release --tests
}

# The documentation's examples, with each set of features.
doc() {
    for features in std,event-listener,stream,tokio,defmt std,event-listener,critical-section,stream std ""; do
        cargo test --locked --doc --no-default-features --features "$features"
    done
}

# Threads that use the build without std. In the other tests, the development dependencies turn std on in the dependencies. Here
# nothing may.
bare() {
    local features threads found
    for features in "" event-listener critical-section event-listener,critical-section; do
        threads=(--locked --manifest-path no_std_check/threads/Cargo.toml --features "$features")
        found=$(cargo tree "${threads[@]}" --edges features |
            grep -oE '(watch-channel|event-listener|spin|portable-atomic(-util)?|futures-core) feature "std"') || true
        [ -z "$found" ] || fail "the build has std: $found; see cargo tree ${threads[*]} --edges features"
        cargo test --release "${threads[@]}"
    done
}

# The oldest compiler that the crate supports, and the oldest dependencies that it allows. tests/cargo/ui.rs is left out, because it
# expects the error messages of the newest compiler.
oldest() {
    need_toolchain watch-oldest
    need cargo-hack
    local target copy features
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}/oldest")
    CARGO_TARGET_DIR=$target cargo +watch-oldest test --locked --lib --tests --features stream,tokio -- --skip misuse_does_not_compile
    copy=$(mktemp -d)
    # The other packages need newer versions than the library does, and so do the development dependencies.
    copy_library "$copy"
    rm "$copy/Cargo.lock"
    (
        cd "$copy"
        export CARGO_TARGET_DIR=$target
        RUSTC_BOOTSTRAP=1 cargo hack --remove-dev-deps generate-lockfile -Zdirect-minimal-versions
        for features in "" stream std,event-listener,stream,tokio,defmt event-listener,critical-section; do
            cargo +watch-oldest check --locked --lib --no-default-features --features "$features"
        done
    )
    rm -r "$copy"
}

[ $# -gt 0 ] || set -- default release doc bare
run_parts "default release doc bare oldest" "$@"
