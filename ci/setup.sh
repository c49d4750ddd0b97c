#!/usr/bin/env bash
# Installs the tools in ci/tools.txt and the toolchains, on a Debian machine: `ci/setup.sh [PART...]`, where a PART is toolchains or
# one of ci/tools.txt; by default all parts except mutants. Rust's and Python's tools go into the cache outside the repository
# (see lib.sh).
. "$(dirname "$0")/lib.sh"

# debian PACKAGE...: installs Debian's packages.
debian() {
    need apt-get "a Debian system, or install $* yourself"
    [ "$(id -u)" = 0 ] || fail "run this as root, or install these yourself: $*"
    [ -e "$cache/apt-updated" ] || apt_get update
    touch "$cache/apt-updated"
    DEBIAN_FRONTEND=noninteractive apt_get install -y --no-install-recommends "$@" > /dev/null ||
        fail "apt-get could not install $*; its message is above"
}

# What ci/tools.txt cannot say: tools that are no commands, or depend on another table or on the compiler.
more() {
    local gnu processor llvm
    case $1 in
        toolchains) ci/toolchain.sh ;;
        linux)
            while read -r -u 4 _ gnu _ processor; do
                command -v "$gnu-gcc" > /dev/null || debian "gcc-$gnu" "libc6-dev-$processor-cross"
            done 4< <(rows linux.txt)
            ;;
        browser) /usr/bin/python3 -c "import selenium" 2> /dev/null || debian python3-selenium ;;
        coverage)
            # Rustup's tools, or Debian's, of the same version of LLVM as the compiler's.
            llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
            rustup component add llvm-tools > /dev/null 2>&1 || command -v "llvm-cov-$llvm" > /dev/null || debian "llvm-$llvm"
            ;;
    esac
}

parts=$(rows tools.txt | awk '$1 != "mutants" && !seen[$1]++ { print $1 }')
mkdir -p "$cache"
# shellcheck disable=SC2086 # several words
[ $# -gt 0 ] || set -- toolchains $parts
for part; do
    [ "$part" = toolchains ] || known tools.txt "$part" > /dev/null
    while read -r -u 3 _ command from what; do
        ! command -v "$command" > /dev/null || continue
        step "$part: $command"
        # shellcheck disable=SC2086 # several packages
        case $from in
            debian) debian $what ;;
            pip) pip install --quiet --root-user-action ignore --target "$cache/python" "$command==$what" ;;
            # Optimized, it would take longer to build than it saves.
            cargo) cargo install --quiet --locked --debug --root "$cache/cargo" --version "$what" "$command" ;;
        esac
    done 3< <(rows tools.txt "$part")
    more "$part"
done
echo "installed: $*"
