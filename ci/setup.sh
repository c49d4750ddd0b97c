#!/usr/bin/env bash
# Brings the tools that the scripts here need, on a Debian machine: `ci/setup.sh [PART...]`, of firmware, linux, wasm, guards, rust
# and mutants, or all of them. Debian's packages are installed; Rust's tools go into the cache outside the repository (see lib.sh);
# targets are added to rustup where it can, and ci/toolchain.sh stands in for those that it cannot add.
. "$(dirname "$0")/lib.sh"

parts=("$@")
[ $# -gt 0 ] || parts=(firmware linux wasm guards rust mutants)

# install COMMAND PACKAGE...: installs Debian's packages unless COMMAND is there already.
install() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return
    need apt-get "a Debian system, or install $* yourself"
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    [ "$(id -u)" = 0 ] || need sudo "su -c 'apt-get install $*'"
    step "apt-get install $*"
    if [ ! -e "$cache/apt-updated" ] || ! apt-cache show "$1" >/dev/null 2>&1; then
        "${root[@]}" apt-get -qq update
        touch "$cache/apt-updated"
    fi
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get -qq install -y --no-install-recommends "$@" >/dev/null ||
        fail "apt-get could not install $*; try: apt-get update && apt-get install $*"
}

# add TARGET...: adds rustup's targets; what it cannot add is built from source later.
add() {
    local target said
    for target in "$@"; do
        said=$(rustup target add "$target" 2>&1) || cannot_add "$target" "$said"
    done
}

mkdir -p "$cache"
# For the table of ci/targets.sh.
install column bsdextrautils
for part in "${parts[@]}"; do
    case $part in
        firmware)
            install size binutils
            install qemu-system-arm qemu-system-arm
            install qemu-system-riscv32 qemu-system-misc
            add thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabi riscv32imac-unknown-none-elf \
                riscv32imc-unknown-none-elf
            ;;
        linux)
            install qemu-s390x qemu-user
            install s390x-linux-gnu-gcc gcc-s390x-linux-gnu libc6-dev-s390x-cross
            install i686-linux-gnu-gcc gcc-i686-linux-gnu libc6-dev-i386-cross
            install aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
            install arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
            install powerpc-linux-gnu-gcc gcc-powerpc-linux-gnu libc6-dev-powerpc-cross
            add s390x-unknown-linux-gnu i686-unknown-linux-gnu aarch64-unknown-linux-gnu \
                armv7-unknown-linux-gnueabihf powerpc-unknown-linux-gnu
            ;;
        wasm)
            install node nodejs
            add wasm32-unknown-unknown
            ;;
        guards) install valgrind valgrind ;;
        rust)
            ci/oldest.sh --setup
            if [ ! -x "$cache/cargo/bin/cargo-hack" ]; then
                step "cargo install cargo-hack (a minute)"
                cargo install --quiet --locked --root "$cache/cargo" --version 0.6.46 cargo-hack
            fi
            ;;
        mutants)
            install python3 python3
            if [ ! -x "$cache/cargo/bin/cargo-mutants" ]; then
                step "cargo install cargo-mutants (a few minutes)"
                cargo install --quiet --locked --root "$cache/cargo" --version 27.1.0 cargo-mutants
            fi
            ;;
        *) fail "no such part: $part; there are firmware, linux, wasm, guards, rust and mutants" ;;
    esac
done
echo "the tools are there: ${parts[*]}"
