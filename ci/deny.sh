#!/usr/bin/env bash
# The supply chain, of normal dependencies: licences, duplicates, sources and known vulnerabilities, by cargo-deny (deny.toml);
# and that README.md names each crate that the default features bring.
. "$(dirname "$0")/lib.sh"
program=$cache/cargo/bin/cargo-deny
need "$program" "ci/setup.sh deny"

step "licences, duplicates, sources"
"$program" --locked check licenses bans sources

step "advisories"
if said=$("$program" --locked fetch db 2>&1); then
    "$program" --locked check --disable-fetch advisories
else
    echo "NOT CHECKED: the database of advisories cannot be fetched here: $said" >&2
fi

step "the crates that the default features bring"
brought=$(cargo tree --locked --edges normal --prefix none --format '{p}' | awk '$1 != "watch-channel" { print $1 }' | sort -u)
echo "$brought"
named=$(sed -n '/^The default features bring/,/^$/p' README.md)
[ -n "$named" ] || fail "README.md has no sentence that begins with: The default features bring"
for crate in $brought; do
    grep -qw -- "$crate" <<< "$named" || fail "README.md does not name $crate, which the default features bring"
done
