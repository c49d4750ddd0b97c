#!/usr/bin/env bash
# Conditional compilation is confined to a few files of the library: the root, which chooses modules, the facade, and the
# `mod.rs` of each folder that has two implementations. Only the facade and the models name the crates that the facade wraps.
. "$(dirname "$0")/lib.sh"

# code PATTERN: the lines of the library that match, except comments.
code() {
    grep -rnE "$1" src | grep -vE '^[^:]+:[0-9]+:\s*//' || true
}

found=$(code '\bcfg(_attr)?!?\s*\(' | grep -vE '^src/(lib|sync/[a-z_]+|(adapters|coop|lock/queue|lock/deadlock|wake/delivery)/mod)\.rs:' |
    grep -vE '#\[cfg\((test|all\(test, loom, feature = "loom"\))\)\]') || true
if [ -n "$found" ]; then
    echo "$found" >&2
    fail "cfg in a file that may not have it: choose a module in src/lib.rs or the mod.rs of a folder with two implementations
(ci/cfg.sh lists these folders), or put the difference into src/sync/"
fi
echo "cfg is only in the files that may have it"

crates='portable_atomic|portable_atomic_util|spin|loom|critical_section'
found=$(code "\\b($crates)::|\\b(use|crate) (::)?($crates)\\b" | grep -vE '^src/(sync/|channel/loom_tests/|wake/loom_tests\.rs)') || true
if [ -n "$found" ]; then
    echo "$found" >&2
    fail "these name a crate that the facade wraps: use src/sync/ instead, which has loom's types under cfg(loom)"
fi
echo "only src/sync/ and the models of the parts name the crates that the facade wraps"
