#!/usr/bin/env bash
# Breaks the code in one place at a time, in a copy, and shows which test or loom model notices: `ci/mutants.sh [NAME...]`, of
# the names in ci/mutants/*.toml, or all of them. ci/mutants/run.py says what the files look like.
. "$(dirname "$0")/lib.sh"
need python3 "apt-get install python3 (3.11 or newer)"
need git "apt-get install git"
python3 -c 'import tomllib' 2>/dev/null || fail "python3 is too old; install it with: apt-get install python3 (3.11 or newer)"

exec python3 ci/mutants/run.py "$@"
