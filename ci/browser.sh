#!/usr/bin/env bash
# Tests the example pages in a real browser (Debian's Chromium, headless): `ci/browser.sh [PAGE...]`, where a PAGE is service or
# wasm; both by default. Screenshots are kept in target/browser.
. "$(dirname "$0")/lib.sh"
need chromium "ci/setup.sh browser"
need chromedriver "ci/setup.sh browser"
# Debian's Python, because Debian's selenium is installed for it.
python=/usr/bin/python3
"$python" -c "import selenium" 2>/dev/null || fail "$python has no selenium; install it with: ci/setup.sh browser"
screenshots=target/browser
mkdir -p "$screenshots"

# open_page TEST ARGUMENT...: runs the Python program TEST. Its first argument is the directory for screenshots.
open_page() {
    local status=0
    PYTHONPATH=ci PYTHONDONTWRITEBYTECODE=1 timeout --kill-after 10 600 "$python" "$1" "$screenshots" "${@:2}" || status=$?
    [ "$status" = 0 ] || fail "$1 ends with status $status; 124 means that it hangs"
}

# service: runs the lints and tests of examples/service, and tests its page.
service() {
    local package=(--quiet --locked --manifest-path examples/service/Cargo.toml)
    local target=${CARGO_TARGET_DIR:-examples/service/target}
    step "service: lints"
    cargo clippy "${package[@]}" --all-targets -- -D warnings
    step "service: tests"
    cargo test "${package[@]}"
    step "service: its page in the browser"
    open_page examples/service/tests/page.py "$target/debug/service"
    # Disk space is short, and no other check uses this directory.
    [ -n "${CARGO_TARGET_DIR:-}" ] || rm -r "$target"
}

# wasm: builds the page of examples/wasm, and tests it.
wasm() {
    local page
    step "wasm: the page (some minutes the first time)"
    page=$(examples/wasm/build.sh | tail -n 1)
    step "wasm: its page in the browser"
    open_page examples/wasm/test.py "$page"
    [ -n "${CARGO_TARGET_DIR:-}" ] || rm -r examples/wasm/target
}

pages=("$@")
[ $# -gt 0 ] || pages=(service wasm)
for page in "${pages[@]}"; do
    case $page in
        service | wasm) "$page" ;;
        *) fail "no such page: $page; there are service and wasm" ;;
    esac
done
