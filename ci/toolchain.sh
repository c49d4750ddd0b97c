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

# depends PACKAGE PREFIX: the first dependency of a Debian package whose name begins with PREFIX.
depends() { apt-cache depends "$1" | sed -n "s/^ *Depends: \($2.*\)/\1/p" | head -n 1; }

# Downloads the newest compiler, with the source of its standard library.
download_targets() {
    apt-cache show rustc-web > /dev/null 2>&1 || apt_get update
    local std
    std=$(depends libstd-rust-web-dev libstd-rust-web-)
    [ -n "$std" ] || fail "apt knows no package rustc-web; this needs Debian 12"
    apt_get download rustc-web libstd-rust-web-dev "$std" rust-web-src "$(depends "$std" libllvm)"
}

# Downloads the compiler with which Debian 12 began, with separate settings for apt: the security archive has a newer one.
download_oldest() {
    [ "$oldest" = 1.85 ] || fail "Debian 12 has no Rust $oldest; run: rustup toolchain install $oldest"
    local apt=$1 uri
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    : > "$apt/status"
    # shellcheck disable=SC2016 # apt's own variable
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1)
    [ -n "$uri" ] || fail "apt does not know Debian bookworm"
    printf 'Types: deb\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: %s\n' "$uri" \
        /usr/share/keyrings/debian-archive-keyring.gpg > "$apt/parts/bookworm.sources"
    local own=(-o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
        -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt/parts")
    apt_get "${own[@]}" update
    apt_get "${own[@]}" download rustc-web libstd-rust-web-1.85 libllvm19 libstd-rust-web-dev
}

# unpack DOWNLOAD DIR: makes DIR a toolchain with rustup's cargo and linker, and Debian's compiler.
unpack() {
    local dir=$2 libraries host program
    need apt-get "a Debian system"
    rm -rf "$dir"
    mkdir -p "$dir"/{bin,debs,lib}
    (cd "$dir/debs" && "$1" "$dir/apt") >&2
    for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$dir"; done
    rm -rf "$dir/debs" "$dir/apt"
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
    [ -x "$cache/watch-targets/bin/rustc" ] || unpack download_targets "$cache/watch-targets"
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

[ $# -gt 0 ] || set -- nightly watch-targets watch-source watch-oldest
for name; do
    case $name in
        nightly) rustc +nightly --version > /dev/null || rustup toolchain install nightly --profile minimal ;;
        watch-targets)
            if adds target add "${bare_metal[@]}" "${linux[@]}" wasm32-unknown-unknown; then
                rustup toolchain link "$name" "$(rustc --print sysroot)"
            else
                link_debian "$name"
                build_std core,alloc "${bare_metal[@]}"
                build_std std,panic_abort wasm32-unknown-unknown
                build_std std,panic_unwind,test "${linux[@]}"
            fi
            ;;
        watch-source)
            if adds component add rust-src --toolchain nightly; then
                rustup toolchain link "$name" "$(rustc +nightly --print sysroot)"
            else
                link_debian "$name"
            fi
            ;;
        watch-oldest)
            if adds toolchain install "$oldest" --profile minimal; then
                rustup toolchain link "$name" "$(rustc "+$oldest" --print sysroot)"
            else
                [ -x "$cache/$name/bin/rustc" ] || unpack download_oldest "$cache/$name"
                rustup toolchain link "$name" "$cache/$name"
            fi
            [[ $(rustc "+$name" --version) == "rustc $oldest."* ]] || fail "$name is not Rust $oldest"
            ;;
        *) fail "no such toolchain: $name; there are nightly, watch-targets, watch-source and watch-oldest" ;;
    esac
    echo "$name: $(rustc "+$name" --version)"
done
