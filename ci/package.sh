#!/usr/bin/env bash
# Checks the package that would be published: what it contains, and that it builds by itself.
. "$(dirname "$0")/lib.sh"

allow=()
[ -n "${CI:-}" ] || allow=(--allow-dirty)
cargo package --locked "${allow[@]}"
files=$(cargo package --list --locked "${allow[@]}")
for wanted in Cargo.toml README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT src/lib.rs; do
    grep -qx "$wanted" <<< "$files" || fail "$wanted is not in the package"
done
# Everything that README.md links to must be in the package.
for link in $(grep -oE '\]\([^):]+\)' README.md | sed 's/^](//; s/[#)].*//' | sort -u); do
    grep -q "^$link\(/\|$\)" <<< "$files" || fail "README.md links to $link, which is not in the package"
done
! grep -E '^(ci|\.ci|no_std_check|fuzz|examples/service)/' <<< "$files" || fail "the package contains files that only this repository needs; add them to exclude in Cargo.toml"
echo "$(wc -l <<< "$files") files"
