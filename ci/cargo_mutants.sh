#!/usr/bin/env bash
# Makes the changes that cargo-mutants finds, one at a time, and shows those that no test notices:
# `ci/cargo_mutants.sh [FILE...]`, where a FILE is in the list below; all of them by default. It takes about an hour and a half.
#
# ci/mutants.sh makes the changes that cargo-mutants does not: other orderings, and steps that are swapped or left out. The list
# names the tests to run for each file, so each change is built and tested in seconds. ci/cargo_mutants.toml says which changes are
# left out, and why.
. "$(dirname "$0")/lib.sh"
program=$cache/cargo/bin/cargo-mutants
need "$program" "ci/setup.sh mutants"
need python3 "ci/setup.sh mutants"

# FILE TEST...: the tests to run for each file, the most important file first. `lib` stands for the unit tests.
list='
src/channel/state.rs lib look changed reads lock
src/channel/count.rs lib handles closed opened
src/channel/mod.rs send recv wait_for handles closed look lock
src/lock/mod.rs demand lock deadlock recv send
src/lock/queue/threads.rs demand sleep lock fairness allocator
src/lock/queue/guards.rs demand lock fairness
src/wake/wait_list.rs lib alloc wake
src/wake/mod.rs lib wake listen closed opened changed
src/wake/delivery/mod.rs lib wake listen closed opened changed
src/wake/delivery/swapped.rs lib wake waker_drops
src/channel/wait.rs wake poll_changed delivery recv alloc closed opened
src/futures.rs futures wait_for recv wake delivery closed opened
src/receiver.rs look recv reads handles poll_changed wait_for
src/sender.rs send handles reads closed opened
src/guard.rs look reads deadlock lock
src/watch.rs watch
src/cached.rs cached
src/derived.rs cached mapped
src/mapped.rs mapped
src/error.rs send recv blocking
src/lock/deadlock/enabled.rs deadlock deadlock_first_use
src/blocking.rs blocking sleep
src/adapters/stream.rs stream
src/adapters/event_listener.rs listen
src/coop/enabled.rs coop
src/sync/mod.rs wake lock
src/sync/mutex.rs lib lock
src/sync/native.rs watch lib
src/sync/lazy.rs lib wake
src/sync/event.rs listen
src/sync/thread.rs sleep demand blocking alloc
'
files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(sed -n 's/^\(src[^ ]*\) .*/\1/p' <<< "$list")

copy=$(python3 ci/mutants/run.py --copy)
export CARGO_TARGET_DIR=${copy%/*}/target
results=${copy%/*}/cargo-mutants
mkdir -p "$results"
config=$PWD/ci/cargo_mutants.toml
status=0
for file in "${files[@]}"; do
    tests=$(sed -n "s|^$file ||p" <<< "$list")
    [ -n "$tests" ] || fail "there is no line for $file in ci/cargo_mutants.sh"
    step "$file: $tests"
    arguments=(--cargo-arg=--locked)
    for test in $tests; do
        if [ "$test" = lib ]; then arguments+=(--cargo-arg=--lib); else arguments+=("--cargo-arg=--test=$test"); fi
    done
    # Status 2: no test notices a change. 3: a test hangs, so the change is noticed. Any other: wrong arguments or broken tests.
    "$program" mutants --dir "$copy" --in-place --config "$config" --file "$file" --features stream,tokio,defmt --timeout 40 \
        --no-shuffle --output "$results/${file//\//-}" "${arguments[@]}" ||
        case $? in
            2) status=1 ;;
            3) ;;
            *) fail "cargo-mutants fails for $file" ;;
        esac
done
[ $status = 0 ] || fail "some changes are noticed by no test; they are listed above, and in $results/*/mutants.out"
