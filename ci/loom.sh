#!/usr/bin/env bash
# Model checking with loom: `ci/loom.sh [TEST]`. LOOM_MAX_PREEMPTIONS=N sets another bound than the tests' own.
. "$(dirname "$0")/lib.sh"

export RUSTFLAGS="--cfg loom --cfg loom_event_listener ${RUSTFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
for features in loom,event-listener loom; do
    echo "loom: features $features"
    cargo test --locked --release --no-default-features --features "$features" --test loom -- --nocapture "$@"
done
