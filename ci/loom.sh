#!/usr/bin/env bash
# Model checking with loom: `ci/loom.sh [TEST]`. LOOM_MAX_PREEMPTIONS=N replaces the models' own bounds on preemptions.
# `ci/loom.sh --short [TEST]` has fewer preemptions for the models that take longest.
#
# `ci/loom.sh --thorough [TEST]` runs each model separately, first without a bound (100 preemptions, more than any model has).
# If that takes longer than THOROUGH_SECONDS (300 by default), it tries bounds of 4, 3 and 2. It prints the first bound with which
# the model ended in time, and how long that took.
. "$(dirname "$0")/lib.sh"

export RUSTFLAGS="--cfg loom --cfg loom_event_listener ${RUSTFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
# A model spends its time in loom. To optimize the crate and the models as well would take longer than it saves.
models=(cargo test --config 'profile.release.package."watch-channel".opt-level=0' --locked --release --no-default-features)
# Leaves out the library's other unit tests: they are not models, and loom's types work only in models.
only_models=(--skip ::tests::)

thorough() {
    local all=("${models[@]}" --features "loom,event-listener" --lib --test loom --) names model bound start said
    names=$("${all[@]}" --list "${only_models[@]}" "$@" | sed -n 's/: test$//p')
    [ -n "$names" ] || fail "there is no such model"
    for model in $names; do
        for bound in 100 4 3 2 none; do
            [ $bound != none ] || fail "$model does not end in time, even with a bound of 2"
            start=$SECONDS
            said=$(LOOM_MAX_PREEMPTIONS=$bound timeout "${THOROUGH_SECONDS:-300}" "${all[@]}" --exact "$model" 2>&1) && break
            # 124: its time was over.
            [ $? = 124 ] || fail "$model fails with a bound of $bound: $said"
        done
        echo "$bound $((SECONDS - start)) s $model"
    done
}

# run FEATURES ARGUMENT...
run() {
    step "loom: features $1"
    # One model at a time: each execution maps new stacks, and two threads of one process would take twice the processor time.
    "${models[@]}" --features "$1" "${@:2}" -- --test-threads 1 --nocapture "${only_models[@]}" "${filter[@]}"
}

case ${1:-} in
    --thorough)
        thorough "${@:2}"
        exit
        ;;
    --short) export LOOM_SHORT=1 && shift ;;
esac
filter=("$@")
run loom,event-listener --lib --test loom
# Without event-listener, sends and waits are without listeners. The value, its lock and the wait lists are the same.
export LOOM_SHORT=1
only_models+=(--skip list:: --skip lock:: --skip value::)
run loom --test loom
