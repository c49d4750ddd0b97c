#!/usr/bin/env bash
# Builds the example page into examples/wasm/target/page, and prints that path: `examples/wasm/build.sh`.
# `examples/wasm/build.sh serve` also serves it until Ctrl-C. It needs `rustup target add wasm32-unknown-unknown`, or the toolchain
# that ci/toolchain.sh makes.
set -euo pipefail
cd "$(dirname "$0")"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
wasm=wasm32-unknown-unknown

toolchain=
if ! rustup target list --installed | grep -qx $wasm; then
    rustc +watch-targets --version > /dev/null 2>&1 || {
        echo "error: the target is missing; install it with: rustup target add $wasm" >&2
        exit 1
    }
    toolchain=+watch-targets
fi
echo "1 of 2: the WebAssembly module (half a minute the first time)" >&2
cargo ${toolchain:+"$toolchain"} build --quiet --locked --release --target $wasm
echo "2 of 2: the JavaScript that loads it, by wasm-bindgen, which is built first (a few minutes)" >&2
mkdir -p "$target/page"
cargo run --quiet --locked --package bindgen -- "$target/$wasm/release/page.wasm" "$target/page"
cp index.html "$target/page"
echo "$target/page"

if [ "${1:-}" = serve ]; then
    echo "open http://localhost:8000; Ctrl-C ends it" >&2
    python3 -m http.server --bind localhost --directory "$target/page"
fi
