#!/usr/bin/env bash
# The documentation, warnings denied, private items too.
. "$(dirname "$0")/lib.sh"

RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --features critical-section,stream,tokio,defmt
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --features stream,tokio,defmt
