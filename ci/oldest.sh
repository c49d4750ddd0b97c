#!/usr/bin/env bash
# Runs the tests with the oldest compiler that the crate supports, and checks the library with the oldest dependencies that it
# allows. `ci/oldest.sh --setup` only installs the compiler.
#
# tests/ui.rs is left out, because it expects the error messages of the newest compiler. Doctests and examples are not run.
. "$(dirname "$0")/lib.sh"

oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

if said=$(rustup toolchain install "$oldest" --profile minimal 2>&1); then
    rustc=$(rustup which --toolchain "$oldest" rustc)
else
    cannot_add "Rust $oldest" "$said"
    rustc=$(ci/toolchain.sh "$oldest")
fi
[[ $("$rustc" --version) == "rustc $oldest."* ]] || fail "$rustc is not Rust $oldest"
[ "${1:-}" != --setup ] || exit 0

export RUSTC=$rustc CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/oldest"
step "the tests on $("$rustc" --version)"
cargo test --locked --lib --tests --features stream,tokio -- --skip misuse_does_not_compile

step "the library with its oldest dependencies"
hack=$cache/cargo/bin
[ -x "$hack/cargo-hack" ] || fail "cargo-hack is missing; run: ci/setup.sh rust"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
rm "$copy/Cargo.lock"
CARGO_TARGET_DIR=$(realpath -m "$CARGO_TARGET_DIR")
(
    cd "$copy"
    # Without the development dependencies, which would require newer versions than the library does.
    PATH=$hack:$PATH RUSTC_BOOTSTRAP=1 cargo hack --remove-dev-deps generate-lockfile -Zdirect-minimal-versions
    for features in "" stream std,event-listener,stream,tokio,defmt event-listener,critical-section; do
        PATH=$hack:$PATH cargo hack --no-dev-deps check --locked --lib --no-default-features --features "$features"
    done
    grep -A1 -E '"(event-listener|portable-atomic|portable-atomic-util|spin|critical-section|futures-core|defmt|tokio)"' \
        Cargo.lock | sed -n 's/^version = /  /p; s/^name = /uses/p' | paste - -
)
