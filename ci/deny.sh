#!/usr/bin/env bash
# The supply chain: licences, duplicates, sources and known vulnerabilities of the dependencies, by cargo-deny (deny.toml), and
# that the default features bring no other crates than README.md names.
. "$(dirname "$0")/lib.sh"
[ -x "$cache/cargo/bin/cargo-deny" ] || fail "cargo-deny is missing; run: ci/setup.sh tools"
deny() { "$cache/cargo/bin/cargo-deny" --locked "$@"; }

step "licences, duplicates, sources"
deny check licenses bans sources

step "advisories"
if said=$(deny fetch db 2>&1); then
    deny check --disable-fetch advisories
else
    echo "NOT CHECKED: the database of advisories cannot be fetched here (${said##*$'\n'})" >&2
fi

step "the crates that the default features bring"
brought=$(cargo tree --locked --edges normal --prefix none --format '{p}' | awk '$1 != "watch-channel" { print $1 }' | sort -u)
echo "$brought"
named=$(sed -n '/^Features only add\. The default ones bring/,/^$/p' README.md)
for crate in $brought; do
    grep -qw -- "$crate" <<< "$named" || fail "README.md does not name $crate, which the default features bring"
done
