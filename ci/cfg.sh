#!/usr/bin/env bash
# Conditional compilation stays in few files of the library: its root, which chooses modules, the facade, and the `mod.rs` of
# the folders that choose between two implementations. And only the facade, and models, name the crates that it is made of.
. "$(dirname "$0")/lib.sh"

# code PATTERN: the lines of the library that match, without comments.
code() {
    grep -rnE "$1" src | grep -vE '^[^:]+:[0-9]+:\s*//' || true
}

found=$(code '\bcfg(_attr)?!?\s*\(' | grep -vE '^src/(lib|sync/[a-z_]+|(adapters|adapters/coop|channel/queue|deadlock)/mod)\.rs:' |
    grep -vE '#\[cfg\((test|all\(test, loom, feature = "loom"\))\)\]') || true
if [ -n "$found" ]; then
    echo "$found" >&2
    fail "cfg outside of where it may be: choose a module in src/lib.rs or the mod.rs of a folder with two implementations
(ci/cfg.sh lists these folders), or put the difference into src/sync/"
fi
echo "cfg is where it may be"

crates='portable_atomic|portable_atomic_util|spin|loom|critical_section'
found=$(code "\\b($crates)::|\\b(use|crate) (::)?($crates)\\b" | grep -vE '^src/(sync|channel/loom_tests)/') || true
if [ -n "$found" ]; then
    echo "$found" >&2
    fail "these name a crate of the facade: take it from src/sync/, which is loom's under cfg(loom)"
fi
echo "only src/sync/ and src/channel/loom_tests/ name the crates of the facade"
