#!/usr/bin/env bash
# Runs the two programs in the guides that are not doctests: `ci/guides.sh [firmware] [model_checking]`, or both by default. The
# firmware is built for a Cortex-M0 and booted in QEMU; the other program is a loom model.
. "$(dirname "$0")/lib.sh"
need timeout "apt-get install coreutils"

packages=${CARGO_TARGET_DIR:-$PWD/target}/guides
export CARGO_TARGET_DIR=$packages/target

# block GUIDE LANGUAGE: prints the first block of code in LANGUAGE.
block() {
    # shellcheck disable=SC2016 # the block begins with backticks
    awk -v start='```'"$2" '$0 == start { inside = 1; next } inside && $0 == "```" { exit } inside' "docs/$1.md"
}

# package GUIDE SOURCE LOCK: writes a package from the guide's manifest, its program as src/SOURCE, and LOCK as its Cargo.lock.
package() {
    local to=$packages/$1
    mkdir -p "$to/src"
    block "$1" toml > "$to/Cargo.toml"
    block "$1" ignore > "$to/src/$2"
    grep -q '^watch-channel = ' "$to/Cargo.toml" || fail "docs/$1.md has no manifest with watch-channel"
    printf '\n[workspace]\n\n[patch.crates-io]\nwatch-channel = { path = "%s" }\n' "$PWD" >> "$to/Cargo.toml"
    cp "$3" "$to/Cargo.lock"
}

firmware() {
    need qemu-system-arm "ci/setup.sh firmware"
    package firmware main.rs no_std_check/size/Cargo.lock
    cp no_std_check/size/memory.x "$packages/firmware/"
    local target=thumbv6m-none-eabi out status=0
    use_target $target core,alloc
    # Builds in the package's folder, because the linker looks for memory.x there.
    (cd "$packages/firmware" && RUSTFLAGS="-C link-arg=-Tlink.x" rust_cargo build --quiet --release --target $target)
    out=$(timeout 300 qemu-system-arm -M microbit -nographic -semihosting-config enable=on,target=native \
        -kernel "$CARGO_TARGET_DIR/$target/release/firmware" < /dev/null) || status=$?
    echo "$out"
    [ "$status" = 0 ] || fail "the firmware of docs/firmware.md fails or hangs in QEMU, status $status"
    [ "$(tail -n 1 <<< "$out")" -ge 3 ] || fail "the firmware of docs/firmware.md prints no reading"
}

model_checking() {
    package model_checking lib.rs Cargo.lock
    local manifest=$packages/model_checking/Cargo.toml out
    export RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2
    cargo test --quiet --release --lib --manifest-path "$manifest"
    # Breaks the program as the guide describes.
    sed -i 's/if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {/let left = self.left.load(Ordering::Acquire);\
        self.left.store(left - 1, Ordering::Release);\
        if left == 1 {/' "$packages/model_checking/src/lib.rs"
    out=$(cargo test --quiet --release --lib --manifest-path "$manifest" 2>&1) &&
        fail "the model of docs/model_checking.md passes without the atomic subtraction"
    grep -q '^deadlock; threads = ' <<< "$out" || fail "the broken model does not fail as docs/model_checking.md says: $out"
}

[ $# -gt 0 ] || set -- firmware model_checking
for guide in "$@"; do
    step "guide: $guide"
    case $guide in
        firmware | model_checking) "$guide" ;;
        *) fail "no such guide: $guide; there are firmware and model_checking" ;;
    esac
done
