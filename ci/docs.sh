#!/usr/bin/env bash
# The documentation, warnings denied, private items too.
. "$(dirname "$0")/lib.sh"

for features in "" std event-listener stream std,event-listener std,event-listener,critical-section,stream,tokio,defmt; do
    step "cargo doc, features '$features'"
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps --no-default-features --features "$features"
done
step "cargo doc, private items too"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --features stream,tokio,defmt
