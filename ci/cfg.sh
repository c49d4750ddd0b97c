#!/usr/bin/env bash
# Conditional compilation stays in few files of the library: its root, which chooses modules, and the facade.
. "$(dirname "$0")/lib.sh"

allowed='^src/(lib|sync|sync/[a-z_]+)\.rs$'
found=$(grep -nE '\bcfg(_attr)?!?\s*\(' -r src | grep -vE '^[^:]+:[0-9]+:\s*//' | grep -v '#\[cfg(test)\]' |
    while IFS=: read -r file rest; do [[ $file =~ $allowed ]] || echo "$file:$rest"; done)
if [ -n "$found" ]; then
    echo "$found" >&2
    fail "cfg outside src/lib.rs, src/sync.rs and src/sync/: choose a module in lib.rs, or put the difference into the facade"
fi
echo "cfg is where it may be"
