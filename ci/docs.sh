#!/usr/bin/env bash
# Builds the documentation, with warnings denied; also that of private items.
. "$(dirname "$0")/lib.sh"

for features in "" std event-listener stream std,event-listener std,event-listener,critical-section,stream,tokio,defmt; do
    step "cargo doc, features '$features'"
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps --no-default-features --features "$features"
done
step "cargo doc, with that of the dependencies"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --features stream
step "cargo doc, with private items"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --features stream,tokio,defmt
step "cargo doc, as docs.rs runs it: with badges of features"
features=$(sed -n '/^\[package.metadata.docs.rs\]/,/^$/s/^features = \[\(.*\)\]/\1/p' Cargo.toml)
RUSTC_BOOTSTRAP=1 RUSTDOCFLAGS="--cfg docsrs -D warnings" cargo doc --quiet --locked --no-deps --no-default-features \
    --features "$(tr -d '" ' <<< "$features")"
pages=${CARGO_TARGET_DIR:-target}/doc/watch_channel
for feature in std event-listener stream defmt; do
    grep -qrE "Available on <strong>crate features? <code>$feature</code>" "$pages" || fail "no badge names the feature $feature"
done
! grep -roE 'Available on <strong>[^.]*loom' "$pages" || fail "a badge names what only model checking sets; see auto_cfg in src/lib.rs"
