#!/usr/bin/env bash
# Installs the tools that the scripts in ci/ need, on a Debian machine: `ci/setup.sh [PART...]`; by default all parts except
# `mutants`. Rust's tools go into the cache outside the repository (see lib.sh). Targets are added to rustup; ci/toolchain.sh is
# used for those that rustup cannot add.
. "$(dirname "$0")/lib.sh"

all=(firmware linux wasm browser guards rust coverage sanitizers fuzz deny api)
parts=("$@")
[ $# -gt 0 ] || parts=("${all[@]}")

# install COMMAND PACKAGE...: installs Debian's packages unless COMMAND exists already.
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

# add TARGET...: adds targets to rustup. The standard library of a target that it cannot add is built from source later.
add() {
    local target said
    for target in "$@"; do
        said=$(rustup target add "$target" 2>&1) || cannot_add "$target" "$said"
    done
}

# cargo_tool NAME VERSION: builds that tool, unless it exists already. Optimized, it would take longer to build than it saves.
cargo_tool() {
    [ ! -x "$cache/cargo/bin/$1" ] || return 0
    step "cargo install $1 (a minute or two)"
    cargo install --quiet --locked --debug --root "$cache/cargo" --version "$2" "$1"
}

nightly() {
    rustc +nightly --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal ||
        fail "rustup cannot add a nightly compiler, which fuzzing and the sanitizers need"
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
            # Chromium comes without a font; any font will do.
            install chromium chromium chromium-driver fonts-dejavu-core
            install chromedriver chromium-driver
            /usr/bin/python3 -c "import selenium" 2>/dev/null || install selenium python3-selenium
            ;;
        guards) install valgrind valgrind ;;
        rust)
            ci/oldest.sh --setup
            cargo_tool cargo-hack 0.6.46
            ;;
        coverage)
            cargo_tool cargo-llvm-cov 0.6.21
            # rustup's tools, or Debian's, of the same version of LLVM as the compiler's.
            if ! said=$(rustup component add llvm-tools 2>&1); then
                llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
                echo "rustup cannot add llvm-tools, so Debian's llvm-$llvm is used instead (${said##*$'\n'})" >&2
                install "llvm-cov-$llvm" "llvm-$llvm"
            fi
            ;;
        sanitizers)
            install llvm-symbolizer llvm
            nightly
            if ! said=$(rustup component add rust-src --toolchain nightly 2>&1); then
                cannot_add "rust-src to nightly" "$said"
                ci/toolchain.sh >/dev/null
            fi
            ;;
        fuzz)
            # libFuzzer is C++.
            install c++ g++
            nightly
            cargo_tool cargo-fuzz 0.13.2
            ;;
        deny) cargo_tool cargo-deny 0.20.2 ;;
        api)
            nightly
            # It understands the JSON of nightly compilers from a certain date on, up to the next change of the format.
            cargo_tool cargo-public-api 0.52.0
            ;;
        mutants)
            install python3 python3
            cargo_tool cargo-mutants 27.1.0
            ;;
        *) fail "no such part: $part; there are ${all[*]} and mutants" ;;
    esac
done
echo "installed: ${parts[*]}"
