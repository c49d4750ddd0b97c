#!/usr/bin/env bash
# Prints the path of a rustc that comes with the standard library's source, for targets that rustup cannot add here:
# Debian's newest rustc-web, unpacked into the cache without being installed (the first time 40 s, 250 MB).
. "$(dirname "$0")/lib.sh"

dir=$cache/rustc-web
if [ ! -x "$dir/bin/rustc" ]; then
    need apt-get "a Debian system, or use rustup's targets: rustup target add TARGET"
    need dpkg "apt-get install dpkg"
    rm -rf "$dir.new"
    mkdir -p "$dir.new/debs" "$dir.new/root" "$dir.new/bin"
    (
        cd "$dir.new/debs"
        depends() { apt-cache depends "$1" | sed -n "s/^ *Depends: \($2.*\)/\1/p" | head -n 1; }
        if ! apt-cache show rustc-web >/dev/null 2>&1; then
            apt-get -qq update || fail "apt-get update failed; run it as root"
        fi
        std=$(depends libstd-rust-web-dev libstd-rust-web-)
        [ -n "$std" ] || fail "Debian's rustc-web is not to be had; run: apt-get update"
        apt-get -qq download rustc-web "$std" libstd-rust-web-dev rust-web-src "$(depends "$std" libllvm)"
    ) >&2
    for deb in "$dir.new"/debs/*.deb; do dpkg -x "$deb" "$dir.new/root"; done
    rm -r "$dir.new/debs"
    lib=$dir/root/usr/lib
    llvm=$(cd "$dir.new/root/usr/lib" && echo llvm-*/lib)
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/x86_64-linux-gnu:%s/%s exec %s/usr/bin/rustc "$@"\n' \
        "$lib" "$lib" "$llvm" "$dir/root" > "$dir.new/bin/rustc"
    chmod +x "$dir.new/bin/rustc"
    rm -rf "$dir"
    mv "$dir.new" "$dir"
fi
"$dir/bin/rustc" --version >&2
echo "$dir/bin/rustc"
