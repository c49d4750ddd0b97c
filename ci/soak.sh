#!/usr/bin/env bash
# Runs the stress tests for MINUTES: `ci/soak.sh MINUTES`. WATCH_CHANNEL_STRESS_SEED=N makes tasks take the same steps as in an
# earlier run; how the threads interleave still differs.
. "$(dirname "$0")/lib.sh"

minutes=${1:-}
[[ $minutes =~ ^[1-9][0-9]*$ ]] || fail "usage: ci/soak.sh MINUTES"
need timeout "apt-get install coreutils"

export WATCH_CHANNEL_STRESS_SECONDS=$((minutes * 60))
soak=(--locked --release --features stream,tokio,defmt --test stress --test storm)
cargo test --quiet "${soak[@]}" --no-run
# A test notices by itself that a task hangs. `timeout` is for a test that hangs itself.
timeout $((minutes * 60 + 600)) cargo test --quiet "${soak[@]}" -- --nocapture --test-threads=1 ||
    fail "the soak test has failed; the seed is at the top of its output"
