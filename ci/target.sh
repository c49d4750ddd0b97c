#!/usr/bin/env bash
# Builds and runs programs for other targets: `ci/target.sh [NAME...]`, where a NAME is firmware, a board of ci/boards.txt, sensor,
# size, wasm, guides, linux or a target of ci/linux.txt; all by default. no_std_check/README.md and docs/firmware.md have its tables.
. "$(dirname "$0")/lib.sh"
need_toolchain watch-targets

# record TARGET RAN_ON TESTS FLASH RAM: adds a row to the table of targets.
table=("| target | ran on | tests | flash | RAM |" "|---|---|---|---|---|")
record() { table+=("| $1 | $2 | $3 | $4 | $5 |"); }

# built DIR PROGRAM TARGET: the path of an optimized program of the package in DIR.
built() { echo "${CARGO_TARGET_DIR:-$1/target}/$3/release/$2"; }

# bytes PROGRAM: prints the bytes of flash (vector table, code, constants) and of static RAM that firmware takes.
bytes() {
    size -A "$1" | awk '
        $1 ~ /^\.(vector_table|init|text|text\..*|rodata|data)$/ { flash += $2 }
        $1 ~ /^\.(data|bss|uninit)$/ { ram += $2 }
        END { print flash, ram }'
}

# emulate EMULATOR...: boots firmware, which must end by itself.
emulate() {
    need "$1"
    timeout 600 "$@" -display none -serial none -monitor none -semihosting-config enable=on,target=native 2>&1 < /dev/null
}

# Boots firmware that checks the crate (no_std_check) on the board, with each feature that ci/boards.txt names for it, and with each
# set of the crate's features. Without both `critical-section` and `single-context` it must not build.
#
# QEMU counts instructions as time, 64 ns each, and skips the time in which the processor sleeps until the next interrupt. So every
# run is the same, critical sections can be measured, and an interrupt can come between any two instructions; without this, QEMU
# takes interrupts only between blocks of instructions. Two cores really run at the same time, which QEMU's clock does not allow.
board() {
    local row target choices qemu choice features said passed program flash ram
    row=$(known boards.txt "$1")
    read -r _ target choices qemu <<< "$row"
    [[ $qemu = *-smp* ]] || qemu+=" -icount shift=6,sleep=off"
    read -ra qemu <<< "$qemu"
    local firmware=(--quiet --release --locked --manifest-path no_std_check/Cargo.toml --no-default-features --target "$target")
    program=$(built no_std_check no_std_check "$target")
    for choice in ${choices//,/ }; do
        choice=${choice#-}
        ! said=$(cargo +watch-targets check "${firmware[@]}" --features "$choice" 2>&1) ||
            fail "it builds for $target without critical-section and without single-context"
        # shellcheck disable=SC2016 # the message has backticks
        for features in '`critical-section`' '`single-context`'; do
            grep -q "^error: on bare metal, .* enable the feature.* $features" <<< "$said" ||
                fail "it does not build for $target, but the compiler does not offer $features: $said"
        done
        for features in single-context critical-section event-listener,single-context event-listener,critical-section; do
            step "$1, features '$features${choice:+,$choice}'"
            cargo +watch-targets build "${firmware[@]}" --features "$features,$choice"
            said=$(emulate "${qemu[@]}" -kernel "$program") || fail "the firmware ends with status $? (124: it hangs): $said"
            echo "$said"
            passed=$(sed -n 's/^ok: \([0-9]*\) scenarios,.*/\1/p' <<< "$said")
            [ -n "$passed" ] || fail "the firmware does not print how many scenarios have passed"
            read -r flash ram < <(bytes "$program")
            record "$target, ${choice:--}, $features" "$1 in QEMU" "$passed scenarios" "$flash" "$ram"
        done
    done
}

# The example no_std_check/sensor prints, by its one command, what its documentation says.
sensor() {
    local printed expected
    # Its `.cargo/config.toml`, which names the target and QEMU, applies only in its folder.
    printed=$(cd no_std_check/sensor && timeout 600 cargo +watch-targets run --quiet --locked < /dev/null) ||
        fail "the example sensor ends with status $?; 124 means that it hangs"
    expected=$(sed -n -E 's,^//! ((display|alarm): .*),\1,p' no_std_check/sensor/src/main.rs)
    [ "$printed" = "$expected" ] || fail "no_std_check/sensor/src/main.rs says that it prints: $expected
but it prints: $printed"
}

# What a channel costs a small firmware: the same program (two tasks, three values, `opt-level = "s"`, LTO) without a channel, with a
# heap, with this crate, and with embassy-sync's `Watch`. Flash is the vector table, code and constants. RAM is the static memory
# except the heap's arena. Heap is what the channel and its one waiting receiver have taken of that arena.
#
# This crate must not take too much flash in a program whose panics print nothing, as in firmware that must be small. Waiting tasks
# must not take too many bytes, and single operations not too many instructions.
size_of_a_channel() {
    # The most that this crate may add to the program with a heap, in bytes.
    local most=${WATCH_CHANNEL_FLASH:-2500} arena=4096 target=thumbv6m-none-eabi
    local messages program path said heap ram cost=() name limit count
    declare -A flash
    local rows=("| | flash | RAM | heap |" "|---|---|---|---|")
    # Panic messages contain the paths of source files. Without their prefixes, the sizes do not depend on the machine.
    local flags="--remap-path-prefix=$PWD="
    for path in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/* "$(rustc +watch-targets --print sysroot)"; do
        flags+=" --remap-path-prefix=$path="
    done
    for messages in panic-messages ""; do
        RUSTFLAGS=$flags cargo +watch-targets build --quiet --locked --release --manifest-path no_std_check/size/Cargo.toml \
            --target $target --features "$messages"
        for program in none heap watch_channel embassy_watch; do
            path=$(built no_std_check/size "$program" $target)
            said=$(emulate qemu-system-arm -M microbit -kernel "$path") || fail "$program fails or hangs in QEMU: $said"
            read -r flash[$program] ram < <(bytes "$path")
            heap=$(sed -n 's/^heap: \([0-9]*\) bytes$/\1/p' <<< "$said")
            [ -z "$heap" ] || ram=$((ram - arena))
            rows+=("| $program${messages:+, with panic messages} | ${flash[$program]} | $ram | ${heap:--} |")
        done
        cost+=("$((flash[watch_channel] - flash[heap]))")
    done
    rows+=("" "Over the program with a heap, this crate takes ${cost[1]} bytes of flash, and ${cost[0]} if panics print their messages.")
    printf '%s\n' "${rows[@]}"
    [ "${cost[1]}" -le "$most" ] || fail "that is too much flash: the limit is $most; to see the symbols: nm -S --size-sort -C $(built no_std_check/size watch_channel $target)"

    said=$(emulate qemu-system-arm -M microbit -icount "shift=6,sleep=off" \
        -kernel "$(built no_std_check/size instructions $target)") || fail "instructions fails in QEMU: $said"
    echo "$said"
    for name in "each task that waits, in the channel:8" "a poll that registers a waker:150" "a send that wakes one task:200" \
        "a send that wakes eight:600"; do
        limit=${name#*:} name=${name%:*}
        count=$(sed -n "s/^| $name | \([0-9]*\) |.*/\1/p" <<< "$said")
        [ "${count:-$((limit + 1))}" -le "$limit" ] || fail "$name: ${count:-none}; the limit is $limit"
    done
}

# WebAssembly in node, with and without the crate's features `std` and `event-listener`. `run.mjs` has tasks and timers, and calls
# that would wait for their own thread, which must panic. `workers.mjs` has two workers that share channels.
wasm() {
    need node
    need_toolchain watch-source
    local target=wasm32-unknown-unknown features script cargo ended
    for features in "" std std,event-listener; do
        for script in run workers; do
            cargo=(cargo +watch-targets build)
            # The standard library that comes with a compiler is built without threads.
            [ $script = run ] || cargo=(env RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Ctarget-feature=+atomics
                cargo +watch-source build "-Zbuild-std=std,panic_abort")
            "${cargo[@]}" --quiet --locked --release --manifest-path no_std_check/wasm/Cargo.toml --target $target --features "$features"
            ended=$(timeout 300 node no_std_check/wasm/$script.mjs "$(built no_std_check/wasm wasm_check.wasm $target)") ||
                fail "node $script.mjs ends with status $?; 124 means that a call hangs"
            echo "$script.mjs, features '$features': $ended"
            record "$target, ${features:--}" "node $script.mjs" "${ended%%,*}" - -
        done
    done
}

# The two programs in the guides that are not doctests: firmware, and a loom model.
guides() {
    local packages=${CARGO_TARGET_DIR:-$PWD/target}/guides target=thumbv6m-none-eabi said
    guide firmware main.rs no_std_check/size/Cargo.lock
    cp no_std_check/size/memory.x "$packages/firmware/"
    # Builds in the package's folder, because the linker looks for memory.x there.
    (cd "$packages/firmware" && CARGO_TARGET_DIR=target RUSTFLAGS="-C link-arg=-Tlink.x" \
        cargo +watch-targets build --quiet --release --target $target)
    said=$(emulate qemu-system-arm -M microbit -kernel "$packages/firmware/target/$target/release/firmware") ||
        fail "the firmware of docs/firmware.md fails or hangs in QEMU: $said"
    [ "$(tail -n 1 <<< "$said")" -ge 3 ] || fail "the firmware of docs/firmware.md prints no reading: $said"

    guide model_checking lib.rs Cargo.lock
    local model=(env "RUSTFLAGS=--cfg loom" LOOM_MAX_PREEMPTIONS=2 "CARGO_TARGET_DIR=$packages/target"
        cargo test --quiet --release --lib --manifest-path "$packages/model_checking/Cargo.toml")
    "${model[@]}"
    # Breaks the program as the guide describes.
    sed -i 's/if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {/let left = self.left.load(Ordering::Acquire);\
        self.left.store(left - 1, Ordering::Release);\
        if left == 1 {/' "$packages/model_checking/src/lib.rs"
    ! said=$("${model[@]}" 2>&1) || fail "the model of docs/model_checking.md passes without the atomic subtraction"
    grep -q '^deadlock; threads = ' <<< "$said" || fail "the broken model does not fail as docs/model_checking.md says: $said"
}

# first_block FILE LANGUAGE: prints the first block of code in that language.
first_block() { awk -v start="\`\`\`$2" '$0 == "```" { inside = 0 } inside; $0 == start { inside = !seen++ }' "$1"; }

# guide NAME SOURCE LOCK: writes a package from the guide's first manifest, its first program as src/SOURCE, and LOCK as its Cargo.lock.
guide() {
    local to=$packages/$1
    mkdir -p "$to/src"
    first_block "docs/$1.md" toml > "$to/Cargo.toml"
    first_block "docs/$1.md" ignore > "$to/src/$2"
    grep -q '^watch-channel = ' "$to/Cargo.toml" || fail "docs/$1.md has no manifest with watch-channel"
    printf '\n[workspace]\n\n[patch.crates-io]\nwatch-channel = { path = "%s" }\n' "$PWD" >> "$to/Cargo.toml"
    cp "$3" "$to/Cargo.lock"
}

# Runs all unit and integration tests in qemu-user, except tests/cargo/ui.rs, which tests the compiler's messages. The property tests run
# fewer programs, because each takes about forty times as long in an emulator.
linux() {
    local row target gnu qemu name said passed
    row=$(known linux.txt "$1")
    read -r target gnu qemu _ <<< "$row"
    need "$gnu-gcc" "ci/setup.sh linux"
    need "$qemu" "ci/setup.sh linux"
    name=$(tr a-z- A-Z_ <<< "$target")
    said=$(env "CARGO_TARGET_${name}_LINKER=$gnu-gcc" "CARGO_TARGET_${name}_RUNNER=$qemu -L /usr/$gnu" PROPTEST_CASES=50 \
        cargo +watch-targets test --locked --target "$target" --lib --tests --features stream,tokio \
        -- --skip misuse_does_not_compile 2>&1) || fail "the tests on $target fail: $said"
    passed=$(grep -c '^test .* ok$' <<< "$said") || true
    [ "$passed" -ge 100 ] || fail "only $passed tests have run on $target: $said"
    # The next target cannot use what has been built for this one.
    rm -r "${CARGO_TARGET_DIR:-target}/$target"
    record "$target" "qemu-user" "$passed tests" - -
}

[ $# -gt 0 ] || set -- firmware sensor size wasm guides linux
for name; do
    step "$name"
    case $name in
        firmware) while read -r -u 3 each _; do board "$each"; done 3< <(rows boards.txt) ;;
        linux) while read -r -u 3 each _; do step "$each" && linux "$each"; done 3< <(rows linux.txt) ;;
        size) size_of_a_channel ;;
        sensor | wasm | guides) "$name" ;;
        *-linux-*) linux "$name" ;;
        *) board "$name" ;;
    esac
done
step "results"
printf '%s\n' "${table[@]}"
