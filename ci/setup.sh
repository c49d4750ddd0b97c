#!/usr/bin/env bash
# Brings the tools that the scripts here need, on a Debian machine: `ci/setup.sh [PART...]`, of firmware, linux, wasm, browser,
# guards, rust and fuzz, or all of them. Debian's packages are installed; Rust's tools go into the cache outside the repository (see
# lib.sh); targets are added to rustup where it can, and ci/toolchain.sh stands in for those that it cannot add.
. "$(dirname "$0")/lib.sh"

parts=("$@")
[ $# -gt 0 ] || parts=(firmware linux wasm browser guards rust fuzz)

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
            while read -r -u 3 _ target _; do add "$target"; done 3< <(rows boards.txt)
            ;;
        linux)
            install qemu-s390x qemu-user
            while read -r -u 3 target gnu _ processor; do
                install "$gnu-gcc" "gcc-$gnu" "libc6-dev-$processor-cross"
                add "$target"
            done 3< <(rows linux.txt)
            ;;
        wasm)
            install node nodejs
            add wasm32-unknown-unknown
            ;;
        browser)
            # Chromium comes without a font, and any will do.
            install chromium chromium chromium-driver fonts-dejavu-core
            install chromedriver chromium-driver
            /usr/bin/python3 -c "import selenium" 2>/dev/null || install selenium python3-selenium
            ;;
        guards) install valgrind valgrind ;;
        rust)
            ci/oldest.sh --setup
            if [ ! -x "$cache/cargo/bin/cargo-hack" ]; then
                step "cargo install cargo-hack (a minute)"
                cargo install --quiet --locked --root "$cache/cargo" --version 0.6.46 cargo-hack
            fi
            ;;
        *) fail "no such part: $part; there are firmware, linux, wasm, browser, guards and rust" ;;
    esac
done
echo "the tools are there: ${parts[*]}"
