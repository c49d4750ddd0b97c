#!/usr/bin/env bash
# Prints the path of a rustc from Debian's packages, for use when rustup cannot download one: `ci/toolchain.sh [VERSION]`.
#
# Without a version it is the newest rustc, with the source of the standard library, from which targets can be built. The only
# VERSION is 1.85, the compiler of Debian bookworm. The packages are unpacked into the cache and not installed, which takes about
# 40 s and 250 MB for each compiler.
. "$(dirname "$0")/lib.sh"

version=${1:-new}
dir=$cache/rustc-web-$version

# first_dependency PACKAGE PREFIX: prints the first dependency of PACKAGE whose name begins with PREFIX.
first_dependency() { apt-cache depends "$1" | sed -n "s/^ *Depends: \($2.*\)/\1/p" | head -n 1; }

download_new() {
    local std
    apt-cache show rustc-web >/dev/null 2>&1 || apt-get -qq update || fail "apt-get update failed; run it as root"
    std=$(first_dependency libstd-rust-web-dev libstd-rust-web-)
    [ -n "$std" ] || fail "apt finds no package rustc-web; run: apt-get update"
    apt-get -qq download rustc-web "$std" libstd-rust-web-dev rust-web-src "$(first_dependency "$std" libllvm)"
}

# Downloads from bookworm's main archive only, with separate settings for apt: the security archive has a newer compiler.
download_bookworm() {
    local apt=$1 uri options
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    : > "$apt/status"
    # shellcheck disable=SC2016 # apt's own variable
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1)
    [ -n "$uri" ] || fail "apt does not know Debian bookworm; run: apt-get update"
    printf 'Types: deb\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: %s\n' "$uri" \
        /usr/share/keyrings/debian-archive-keyring.gpg > "$apt/parts/bookworm.sources"
    options=(-qq -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
        -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt/parts")
    apt-get "${options[@]}" update
    apt-get "${options[@]}" download rustc-web libstd-rust-web-1.85 libllvm19 libstd-rust-web-dev
}

if [ ! -x "$dir/bin/rustc" ]; then
    need apt-get "a Debian system, or use rustup: rustup target add TARGET, rustup toolchain install VERSION"
    need dpkg "apt-get install dpkg"
    rm -rf "$dir.new"
    mkdir -p "$dir.new/debs" "$dir.new/root" "$dir.new/bin"
    (
        cd "$dir.new/debs"
        case $version in
            new) download_new ;;
            1.85) download_bookworm "$dir.new/apt" ;;
            *) fail "Debian has no rustc-web $version that this script knows; run: rustup toolchain install $version" ;;
        esac
    ) >&2
    for deb in "$dir.new"/debs/*.deb; do dpkg -x "$deb" "$dir.new/root"; done
    rm -r "$dir.new/debs"
    lib=$dir/root/usr/lib
    system=$(cd "$dir.new/root/usr/lib" && echo *-linux-gnu)
    llvm=$(cd "$dir.new/root/usr/lib" && echo llvm-*/lib)
    printf '#!/bin/sh\nLD_LIBRARY_PATH="%s/%s:%s/%s" exec "%s/usr/bin/rustc" "$@"\n' \
        "$lib" "$system" "$lib" "$llvm" "$dir/root" > "$dir.new/bin/rustc"
    chmod +x "$dir.new/bin/rustc"
    rm -rf "$dir"
    mv "$dir.new" "$dir"
fi
"$dir/bin/rustc" --version >&2
echo "$dir/bin/rustc"
