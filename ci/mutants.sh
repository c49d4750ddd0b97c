#!/usr/bin/env bash
# Breaks a copy of the code in one place at a time, and shows which test or loom model notices: `ci/mutants.sh [NAME...]`, where a
# NAME is in ci/mutants/*.toml; all of them by default. ci/mutants/run.py describes the format of these files.
. "$(dirname "$0")/lib.sh"
need python3 "apt-get install python3 (3.11 or newer)"
need git "apt-get install git"
python3 -c 'import tomllib' 2>/dev/null || fail "python3 is too old; install it with: apt-get install python3 (3.11 or newer)"

exec python3 ci/mutants/run.py "$@"
