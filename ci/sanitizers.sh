#!/usr/bin/env bash
# Runs the test suite with ThreadSanitizer, which reports data races, and with AddressSanitizer, which reports uses of memory
# after it has been freed or outside its bounds, and leaks: `ci/sanitizers.sh [thread|address]`, or both by default.
#
# It runs the unit and integration tests, with the features of std programs. The crate itself has no `unsafe`; this checks how it
# uses crates that do. First the sanitizers must report the defects that are planted in ci/sanitizers/planted.rs.
. "$(dirname "$0")/lib.sh"

# Tests that are left out:
# - cargo/ runs cargo and the compiler.
# - project.rs reads the project's own files.
# - allocator.rs replaces the allocator.
# - fairness.rs measures times, and instrumented code is many times slower. (The tests in lock.rs make threads wait for the lock too, and run.)
# - large_values.rs counts copies on the stack, where the sanitizers take additional space.
# - thread_end.rs makes thread-locals after the destructors of thread-locals have run, so nothing frees them.
left_out=(allocator.rs cargo project.rs)
skipped=(--skip fairness:: --skip large_values:: --skip thread_end::)

need_toolchain nightly
need_toolchain watch-source
# The sanitizers use it to name functions in their reports.
need llvm-symbolizer

host=$(rustc +nightly -vV | sed -n 's/^host: //p')
target=$(realpath -m "${CARGO_TARGET_DIR:-target}/sanitizers")
copy=$target/copy
# Reports have line numbers for this crate. The dependencies and std have no debug information: to print a backtrace, a test that
# panics during a panic would read all of it, in code that is instrumented and not optimized.
export CARGO_PROFILE_DEV_DEBUG=line-tables-only RUST_BACKTRACE=0 PROPTEST_CASES=20
tests=(test --config 'profile.dev.package."*".debug=false' --target "$host" --features "stream,tokio,defmt")

# Copies the library, and the planted defects to its tests.
make_copy() {
    # What another sanitizer has built is large, and no other build can use it.
    rm -rf "$target"
    copy_library "$copy"
    (cd "$copy/tests" && rm -r "${left_out[@]}")
    mv "$copy/ci/sanitizers/planted.rs" "$copy/tests"
    # Code is many times slower here, and a test that takes long does not hang.
    sed -i 's/HANG: Duration = Duration::from_secs(30)/HANG: Duration = Duration::from_secs(300)/' "$copy/tests/common/mod.rs"
    grep -q 'from_secs(300)' "$copy/tests/common/mod.rs" || fail "tests/common/mod.rs has another HANG than ci/sanitizers.sh expects"
}

# address_tests ARGUMENT...: runs cargo test in the copy. The standard library that rustup installs need not be instrumented.
address_tests() {
    (cd "$copy" && CARGO_TARGET_DIR=$target/address RUSTFLAGS=-Zsanitizer=address cargo +nightly "${tests[@]}" "$@")
}

# thread_tests ARGUMENT...: the same. Here the standard library must be instrumented, so it is built from source. The sanitizer's
# runtime is that of nightly, because not all compilers have one.
thread_tests() {
    local argument runtimes flags="-Zsanitizer=thread -Zexternal-clangrt"
    runtimes=$(rustc +nightly --print sysroot)/lib/rustlib/$host
    for argument in "-Wl,--whole-archive" "$runtimes/lib/librustc-nightly_rt.tsan.a" "-Wl,--no-whole-archive" \
        "-B$runtimes/bin/gcc-ld" -fuse-ld=lld -lstdc++ -ldl -lm -lpthread -lc -lgcc_s -lgcc; do
        flags+=" -Clink-arg=$argument"
    done
    (cd "$copy" && CARGO_TARGET_DIR=$target/thread RUSTFLAGS=$flags RUSTC_BOOTSTRAP=1 \
        cargo +watch-source -Zbuild-std=std,panic_unwind,test "${tests[@]}" "$@")
}

# must_report SANITIZER DEFECT TEXT: fails unless the sanitizer reports TEXT about a planted defect.
must_report() {
    local said
    step "a planted defect: $2"
    said=$("$1_tests" --test planted -- --ignored --exact "$2" 2>&1) || true
    grep "$3" <<< "$said" || fail "the $1 sanitizer does not report it: $said"
}

address() {
    make_copy
    must_report address leak "LeakSanitizer: detected memory leaks"
    must_report address use_after_free "AddressSanitizer: heap-use-after-free"
    address_tests --lib --tests --no-fail-fast -- "${skipped[@]}"
}

thread() {
    make_copy
    must_report thread race "ThreadSanitizer: data race"
    thread_tests --lib --tests --no-fail-fast -- "${skipped[@]}"
}

run_parts "thread address" "$@"
rm -r "$target"
