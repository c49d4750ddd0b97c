#!/usr/bin/env bash
# The stress tests for so long: `ci/soak.sh MINUTES`. WATCH_CHANNEL_STRESS_SEED=N repeats what tasks did in an earlier run,
# though not which thread was when where.
. "$(dirname "$0")/lib.sh"

minutes=${1:-}
[[ $minutes =~ ^[1-9][0-9]*$ ]] || fail "for how many minutes? ci/soak.sh MINUTES"
need timeout "apt-get install coreutils"

export WATCH_CHANNEL_STRESS_SECONDS=$((minutes * 60))
soak=(--locked --release --features stream,tokio,defmt --test stress --test storm)
cargo test --quiet "${soak[@]}" --no-run
# A test fails by itself if a task hangs. The limit is for a test that hangs.
timeout $((minutes * 60 + 600)) cargo test --quiet "${soak[@]}" -- --nocapture --test-threads=1 ||
    fail "the soak test has failed; the seed is at the top of what it has printed"
