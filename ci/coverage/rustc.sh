#!/bin/sh
# What cargo calls instead of rustc for this package, but not for its dependencies, when ci/coverage.sh runs it.
exec "$@" -Cinstrument-coverage
