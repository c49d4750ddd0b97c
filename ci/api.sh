#!/usr/bin/env bash
# Compares the public API with ci/api.txt, so a change of it shows in a review: `ci/api.sh`. `ci/api.sh --write` replaces the file.
#
# tests/api.rs walks the file, and checks that what each public method needs is there.
. "$(dirname "$0")/lib.sh"
[ -x "$cache/cargo/bin/cargo-public-api" ] || fail "cargo-public-api is missing; run: ci/setup.sh api"
export PATH=$cache/cargo/bin:$PATH

# A directory of its own, because rustdoc's JSON comes from another compiler.
now=$(CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/api" cargo +nightly public-api --color never \
    --features critical-section,stream,tokio,defmt --omit blanket-impls,auto-trait-impls 2> >(grep '^error' >&2)) ||
    fail "cargo-public-api failed; each version of it understands the JSON of some nightly compilers: see ci/setup.sh"
if [ "${1:-}" = --write ]; then
    echo "$now" > ci/api.txt
    echo "ci/api.txt is written"
elif ! diff -u ci/api.txt <(echo "$now"); then
    fail "the public API has changed; run ci/api.sh --write, and commit ci/api.txt"
else
    echo "the public API is that of ci/api.txt, $(wc -l < ci/api.txt) lines"
fi
