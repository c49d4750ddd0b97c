#!/usr/bin/env bash
# Installs the tools that the scripts in ci/ need, on a Debian machine: `ci/setup.sh [PART...]`; all parts by default. Rust's and
# Python's tools go into the cache outside the repository (see lib.sh).
. "$(dirname "$0")/lib.sh"

# install COMMAND PACKAGE...: installs Debian's packages unless COMMAND exists already.
install() {
    ! command -v "$1" > /dev/null || return 0
    need apt-get "a Debian system, or install ${*:2} yourself"
    [ "$(id -u)" = 0 ] || fail "run this as root, or install these yourself: ${*:2}"
    step "apt-get install ${*:2}"
    [ -e "$cache/apt-updated" ] || apt_get update
    touch "$cache/apt-updated"
    DEBIAN_FRONTEND=noninteractive apt_get install -y --no-install-recommends "${@:2}" > /dev/null ||
        fail "apt-get could not install ${*:2}; its message is above"
}

# cargo_tool NAME VERSION: builds that tool, unless it exists already. Optimized, it would take longer to build than it saves.
cargo_tool() {
    [ ! -x "$cache/cargo/bin/$1" ] || return 0
    step "cargo install $1 (a minute or two)"
    cargo install --quiet --locked --debug --root "$cache/cargo" --version "$2" "$1"
}

nightly() {
    rustc +nightly --version > /dev/null 2>&1 || rustup toolchain install nightly --profile minimal ||
        fail "rustup cannot add a nightly compiler, which fuzzing and the sanitizers need"
}

all=(text toolchains firmware linux wasm browser guards rust coverage sanitizers fuzz deny api)
mkdir -p "$cache"
[ $# -gt 0 ] || set -- "${all[@]}"
for part; do
    case $part in
        text)
            install shellcheck shellcheck
            install pip python3-pip
            [ -x "$cache/python/bin/typos" ] || pip install --quiet --root-user-action ignore --target "$cache/python" typos==1.52.0
            ;;
        toolchains) ci/toolchain.sh ;;
        firmware)
            install column bsdextrautils
            install size binutils
            install qemu-system-arm qemu-system-arm
            install qemu-system-riscv32 qemu-system-misc
            ;;
        linux)
            install qemu-s390x qemu-user
            while read -r -u 3 _ gnu _ processor; do install "$gnu-gcc" "gcc-$gnu" "libc6-dev-$processor-cross"; done 3< <(rows linux.txt)
            ;;
        wasm) install node nodejs ;;
        browser)
            # Chromium comes without a font; any font will do.
            install chromium chromium chromium-driver fonts-dejavu-core
            install chromedriver chromium-driver
            /usr/bin/python3 -c "import selenium" 2> /dev/null || install selenium python3-selenium
            ;;
        guards) install valgrind valgrind ;;
        rust) cargo_tool cargo-hack 0.6.46 ;;
        coverage)
            cargo_tool cargo-llvm-cov 0.6.21
            # Rustup's tools, or Debian's, of the same version of LLVM as the compiler's.
            llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
            rustup component add llvm-tools > /dev/null 2>&1 || install "llvm-cov-$llvm" "llvm-$llvm"
            ;;
        sanitizers)
            install llvm-symbolizer llvm
            nightly
            ;;
        fuzz)
            # libFuzzer is C++.
            install c++ g++
            nightly
            cargo_tool cargo-fuzz 0.13.2
            ;;
        api)
            nightly
            # It understands the JSON of nightly compilers from a certain date on, up to the next change of the format.
            cargo_tool cargo-public-api 0.52.0
            ;;
        deny) cargo_tool cargo-deny 0.20.2 ;;
        *) fail "no such part: $part; there are ${all[*]}" ;;
    esac
done
echo "installed: $*"
