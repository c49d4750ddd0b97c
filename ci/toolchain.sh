#!/usr/bin/env bash
# Makes these toolchains known to rustup, for `cargo +NAME` in the other scripts: `ci/toolchain.sh [NAME...]`, or all by default.
#
# - nightly: for fuzzing, the sanitizers, and the list of the public API
# - watch-targets: has a compiled standard library for each target that ci/target.sh runs
# - watch-source: has the source of the standard library. It is a nightly compiler or Debian's, and never the default one: with the
#   source, the compiler's messages are longer, and tests/cargo/ui.rs compares them
# - watch-oldest: the compiler that Cargo.toml names as `rust-version`
#
# They are rustup's own where rustup can add what they need. Elsewhere they are Debian's packages, unpacked into the cache and not
# installed, and the standard libraries are built from source. That takes five minutes once. With WATCH_CHANNEL_DEBIAN=1, it is
# done even if rustup could add everything.
. "$(dirname "$0")/lib.sh"
need rustup "https://rustup.rs"
mapfile -t bare_metal < <(rows boards.txt | awk '{ print $2 }')
mapfile -t linux < <(rows linux.txt | awk '{ print $1 }')
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# adds ARGUMENT...: runs rustup, and prints why it fails.
adds() { [ -z "${WATCH_CHANNEL_DEBIAN:-}" ] && rustup "$@" >&2; }

# unpack VERSION DIR: makes DIR a toolchain with Debian's compiler and the source of its standard library, and rustup's cargo and
# linker. VERSION is "", for the newest one, or a version such as "=1.85*".
unpack() {
    local dir=$2 version std libraries host program
    need apt-get "a Debian system"
    apt-cache show "rustc-web$1" > /dev/null 2>&1 || apt_get update
    version=$(apt-cache show --no-all-versions "rustc-web$1" | sed -n 's/^Version: \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$version" ] || fail "apt knows no package rustc-web$1; this needs Debian 12, or a rustup that can add toolchains"
    std=libstd-rust-web-$version
    rm -rf "$dir"
    mkdir -p "$dir"/{bin,debs,lib}
    (cd "$dir/debs" && apt_get download {rustc-web,libstd-rust-web-dev,rust-web-src}"=$version*" "$std" \
        "$(apt-cache show "$std" | grep -om 1 'libllvm[0-9]*')") >&2
    for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$dir"; done
    rm -r "$dir/debs"
    libraries=$dir/usr/lib:$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/usr/lib/llvm-*/lib)
    host=lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
    mkdir -p "$dir/usr/$host"
    ln -s "$(rustc --print sysroot)/$host/rust-lld" "$dir/usr/$host/"
    ln -s "$(rustup which cargo)" "$dir/bin/"
    # The compiler comes last: it says that the rest is complete.
    for program in rustdoc rustc; do
        printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s/usr/bin/%s" "$@"\n' "$libraries" "$dir" $program > "$dir/$program"
        chmod +x "$dir/$program"
        mv "$dir/$program" "$dir/bin/"
    done
}

# link_debian NAME: makes Debian's newest compiler known under that name.
link_debian() {
    [ -x "$cache/watch-targets/bin/rustc" ] || unpack "" "$cache/watch-targets"
    rustup toolchain link "$1" "$cache/watch-targets"
}

# build_std CRATES TARGET...: builds the standard library for the targets, unless it has been built.
build_std() {
    local crates=$1 target lib work=$cache/std
    for target in "${@:2}"; do
        lib=$cache/watch-targets/usr/lib/rustlib/$target/lib
        [ ! -d "$lib" ] || continue
        step "build the standard library for $target"
        mkdir -p "$work/src"
        printf '[package]\nname = "nothing"\nedition = "2024"\n[workspace]\n' > "$work/Cargo.toml"
        echo '#![no_std]' > "$work/src/lib.rs"
        # With bitcode, programs can be optimized together with it. Panic messages do not name this machine's directories.
        RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$cache/watch-targets=/rustc" \
            cargo +watch-targets build --quiet --release "-Zbuild-std=$crates" --target "$target" \
            --manifest-path "$work/Cargo.toml" --target-dir "$work/target"
        rm "$work/target/$target"/release/deps/libnothing-*
        mkdir -p "$lib.new"
        cp "$work/target/$target"/release/deps/*.rlib "$lib.new"
        mv "$lib.new" "$lib"
        rm -r "$work"
    done
}

nightly() { rustc +nightly --version || rustup toolchain install nightly --profile minimal; }

watch-targets() {
    if adds target add "${bare_metal[@]}" "${linux[@]}" wasm32-unknown-unknown; then
        rustup toolchain link watch-targets "$(rustc --print sysroot)"
    else
        link_debian watch-targets
        build_std core,alloc "${bare_metal[@]}"
        build_std std,panic_abort wasm32-unknown-unknown
        build_std std,panic_unwind,test "${linux[@]}"
    fi
}

watch-source() {
    if adds component add rust-src --toolchain nightly; then
        rustup toolchain link watch-source "$(rustc +nightly --print sysroot)"
    else
        link_debian watch-source
    fi
}

watch-oldest() {
    if adds toolchain install "$oldest" --profile minimal; then
        rustup toolchain link watch-oldest "$(rustc "+$oldest" --print sysroot)"
    else
        [ -x "$cache/watch-oldest/bin/rustc" ] || unpack "=$oldest*" "$cache/watch-oldest"
        rustup toolchain link watch-oldest "$cache/watch-oldest"
    fi
    [[ $(rustc +watch-oldest --version) == "rustc $oldest."* ]] || fail "watch-oldest is not Rust $oldest"
}

run_parts "nightly watch-targets watch-source watch-oldest" "$@"
