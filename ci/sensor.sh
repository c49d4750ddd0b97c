#!/usr/bin/env bash
# Checks that the example firmware no_std_check/sensor, run in QEMU by its one command, prints what its documentation says.
. "$(dirname "$0")/lib.sh"
need timeout "apt-get install coreutils"
need qemu-system-arm "ci/setup.sh firmware"

limit=600

step "firmware: the example sensor"
use_target thumbv6m-none-eabi core,alloc
# Its `.cargo/config.toml`, which names the target and QEMU, applies only in its folder.
(cd no_std_check/sensor && rust_cargo build --quiet --release --locked)
status=0
printed=$(timeout "$limit" bash -c ". ci/lib.sh; use_target thumbv6m-none-eabi core,alloc; cd no_std_check/sensor; \
    rust_cargo run --quiet --release --locked" ci/sensor.sh </dev/null) || status=$?
echo "$printed"
[ $status -eq 0 ] || fail "the example sensor ends with status $status; 124 means that it did not end within $limit s"
expected=$(sed -n -E 's,^//! ((display|alarm): .*),\1,p' no_std_check/sensor/src/main.rs)
[ "$printed" = "$expected" ] || fail "no_std_check/sensor/src/main.rs says that it prints: $expected"
