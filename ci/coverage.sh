#!/usr/bin/env bash
# Runs the unit and integration tests with several sets of features, and checks that together they reach every line of src/,
# except those that ci/uncovered.txt lists with a reason. A line that is listed there as never reached must not be reached.
#
# The sets below compile all code that a program on this machine can compile. Code that only other builds compile is not
# covered here: src/sync/eager.rs (32 bits; ci/linux.sh runs it), src/sync/loom.rs and src/sync/loom/
# (ci/loom.sh), and code that depends on `target_family = "wasm"` (ci/wasm.sh) or on the lack of debug assertions
# (`cargo test --release`).
#
# cargo-llvm-cov instruments only this package, in a separate target directory.
. "$(dirname "$0")/lib.sh"
[ -x "$cache/cargo/bin/cargo-llvm-cov" ] || fail "cargo-llvm-cov is missing; run: ci/setup.sh coverage"

feature_sets=(
    "--features stream,tokio,defmt"
    "--features critical-section,stream"
    "--no-default-features --features std"
    "--no-default-features"
)

# If rustup has not installed LLVM's tools, Debian's can be used, if they are of the compiler's version of LLVM.
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
bin=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
if [ ! -x "$bin/llvm-cov" ]; then
    need "llvm-cov-$llvm" "ci/setup.sh coverage"
    export LLVM_COV=llvm-cov-$llvm LLVM_PROFDATA=llvm-profdata-$llvm
fi

dir=$(realpath -m "${CARGO_TARGET_DIR:-target}/coverage")
rm -rf "$dir"
mkdir -p "$dir"
export CARGO_LLVM_COV_TARGET_DIR=$dir/target
llvm_cov() { "$cache/cargo/bin/cargo-llvm-cov" llvm-cov "$@"; }
for features in "${feature_sets[@]}"; do
    step "cargo test --lib --tests $features"
    # tests/ui.rs only runs the compiler.
    # shellcheck disable=SC2086 # several words
    llvm_cov test --no-report --quiet --locked --lib --tests $features -- --skip misuse_does_not_compile
done

step "lines of src/"
llvm_cov report --locked --lcov --output-path "$dir/lcov"

# For each line of src/ that has code and not just brackets, and comes before the unit tests of its file: how often it was
# reached, its file, its number and its text.
awk -F '[:,]' -v root="$PWD/" '
    $1 == "SF" { file = substr($2, length(root) + 1); delete text; last = 0
        while ((getline line < file) > 0 && line != "#[cfg(test)]") text[++last] = line
        close(file) }
    $1 == "DA" && $2 <= last && text[$2] ~ /[A-Za-z]/ { print $3 "\t" file "\t" $2 "\t" text[$2] }
' "$dir/lcov" > "$dir/lines"

# Errors are collected in $dir/wrong: lines that are neither reached nor listed, and entries of the list that are wrong.
awk -F '\t' -v list=ci/uncovered.txt -v wrong="$dir/wrong" '
    FILENAME == list {
        if ($0 ~ /^#/ || $0 == "") next
        if (NF != 4 || $3 !~ /^(never|sometimes)$/ || $4 == "") {
            print "ci/uncovered.txt:" FNR ": must be a file, a text, \"never\" or \"sometimes\", and a reason, separated by tabs" > wrong
            next
        }
        entries++; file[entries] = $1; text[entries] = $2; when[entries] = $3
        next
    }
    {
        lines++; missed = $1 == 0; count += missed; listed = 0
        for (e = 1; e <= entries; e++) if (file[e] == $2 && index($4, text[e])) { found[e]++; listed = 1; if (!missed) reached[e] = 1 }
        if (missed) printf "%s %s:%s:%s\n", listed ? "listed " : "MISSING", $2, $3, $4
        if (missed && !listed) print $2 ":" $3 ": no test reaches it:" $4 > wrong
    }
    END {
        for (e = 1; e <= entries; e++) {
            name = "ci/uncovered.txt: " file[e] ": \"" text[e] "\""
            if (!found[e]) print name " is in no line of code" > wrong
            else if (found[e] > 1) print name " is in " found[e] " lines of code, and must be in one" > wrong
            else if (reached[e] && when[e] == "never") print name " is reached, and is listed as never" > wrong
        }
        printf "%d of %d lines are reached: %.2f %%\n", lines - count, lines, 100 * (lines - count) / lines
    }
' ci/uncovered.txt "$dir/lines"
if [ -e "$dir/wrong" ]; then
    cat "$dir/wrong" >&2
    fail "cover these lines with tests, or list them in ci/uncovered.txt with a reason; remove lines that are reached from the list"
fi
# No other build can use it.
rm -r "$dir"
