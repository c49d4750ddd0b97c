#!/usr/bin/env bash
# Builds the example page into examples/wasm/target/page: `examples/wasm/build.sh`. `examples/wasm/build.sh serve` also serves it
# until Ctrl-C.
. "$(dirname "$0")/../../ci/lib.sh"

package=(--quiet --locked --manifest-path examples/wasm/Cargo.toml)
target=${CARGO_TARGET_DIR:-examples/wasm/target}
page=$target/page

# What is built goes to standard error. The last line on standard output is the page's directory.
echo "building the WebAssembly module (about a minute the first time)" >&2
(use_target wasm32-unknown-unknown std,panic_abort; rust_cargo build "${package[@]}" --release --target wasm32-unknown-unknown)
mkdir -p "$page"
echo "building the JavaScript that loads it (a few minutes the first time)" >&2
cargo run "${package[@]}" --package bindgen -- "$target/wasm32-unknown-unknown/release/page.wasm" "$page"
cp examples/wasm/index.html "$page"
echo "$page"

if [ "${1:-}" = serve ]; then
    need python3 "apt-get install python3"
    echo "http://localhost:8000 (Ctrl-C ends it)"
    python3 -m http.server --bind localhost --directory "$page"
fi
