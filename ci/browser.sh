#!/usr/bin/env bash
# Tests the example pages in a real browser (Debian's Chromium, headless): `ci/browser.sh [PAGE...]`, where a PAGE is service or
# wasm; both by default. Screenshots are kept in target/browser.
. "$(dirname "$0")/lib.sh"
need chromium
need chromedriver
# Debian's Python, because Debian's selenium is installed for it.
/usr/bin/python3 -c "import selenium" 2> /dev/null || fail "/usr/bin/python3 has no selenium; install it with: ci/setup.sh browser"
mkdir -p target/browser

# open_page TEST ARGUMENT: runs the Python program TEST.
open_page() {
    PYTHONPATH=examples PYTHONDONTWRITEBYTECODE=1 timeout --kill-after 10 600 /usr/bin/python3 "$1" target/browser "$2" ||
        fail "$1 ends with status $?; 124 means that it hangs"
}

service() {
    cargo test --quiet --locked -p service
    open_page examples/service/tests/page.py "${CARGO_TARGET_DIR:-target}/debug/service"
}

wasm() {
    local directory
    directory=$(examples/wasm/build.sh | tail -n 1)
    open_page examples/wasm/test.py "$directory"
}

run_parts "service wasm" "$@"
