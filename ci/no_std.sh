#!/usr/bin/env bash
# Builds the crate for targets that have no standard library, with a program that uses all of it.
# `ci/no_std.sh [TARGET...]`; rustup's own targets are used where it can add them.
. "$(dirname "$0")/lib.sh"
need cargo "https://rustup.rs"

targets=("$@")
[ $# -gt 0 ] || targets=(thumbv6m-none-eabi thumbv7m-none-eabi riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf)

# build TARGET FEATURES
build() {
    if rustup target add "$1" >/dev/null 2>&1; then
        cargo build --quiet --locked --manifest-path no_std_check/Cargo.toml --target "$1" --features "$2"
    else
        rustc=${rustc:-$(ci/toolchain.sh)}
        RUSTC=$rustc RUSTC_BOOTSTRAP=1 cargo build --quiet --locked --manifest-path no_std_check/Cargo.toml \
            -Zbuild-std=core,alloc --target "$1" --features "$2"
    fi
}

for target in "${targets[@]}"; do
    case $target in
        thumbv6m-* | riscv32imc-*) backends=(portable-atomic/critical-section portable-atomic/unsafe-assume-single-core) ;;
        *) backends=("") ;;
    esac
    for backend in "${backends[@]}"; do
        for features in "" async async,critical-section; do
            step "no_std: $target, features '$features' $backend"
            build "$target" "$features${backend:+,$backend}"
        done
    done
done
