#!/usr/bin/env bash
# Makes the changes that cargo-mutants finds, one at a time, and shows those that no test notices: `ci/cargo_mutants.sh [FILE...]`,
# where a FILE is in ci/cargo_mutants.txt; all of them by default. It takes about an hour and a half.
#
# ci/mutants.py makes the changes that cargo-mutants does not: other orderings, and steps that are swapped or left out.
# ci/cargo_mutants.toml says which changes are left out here, and why.
. "$(dirname "$0")/lib.sh"
need cargo-mutants "ci/setup.sh mutants"

[ $# -gt 0 ] || mapfile -t files < <(rows cargo_mutants.txt | awk '{ print $1 }')
[ $# -gt 0 ] || set -- "${files[@]}"
copy=$(ci/mutants.py --copy)
# cargo-mutants does not look into macros, so it does not find the modules that src/cfg.rs chooses.
while read -r file _; do
    module=$(basename "$file" .rs) parent=$copy/$(dirname "$file")/mod.rs
    [ -e "$parent" ] || parent=$copy/src/lib.rs
    [ "$module" = mod ] || grep -q "^\(pub \)\?mod $module;" "$parent" || printf '#[cfg(any())]\nmod %s;\n' "$module" >> "$parent"
done < <(rows cargo_mutants.txt)
export CARGO_TARGET_DIR=${copy%/*}/target
config=$PWD/ci/cargo_mutants.toml
status=0
for file; do
    row=$(known cargo_mutants.txt "$file")
    step "$row"
    arguments=(--cargo-arg=--locked)
    for test in ${row#* }; do
        if [ "$test" = lib ]; then arguments+=(--cargo-arg=--lib); else arguments+=("--cargo-arg=--test=$test"); fi
    done
    # Status 2: no test notices a change. 3: a test hangs, so the change is noticed. Any other: wrong arguments or broken tests.
    cargo mutants --dir "$copy" --in-place --config "$config" --file "$file" --features stream,tokio,defmt --timeout 40 \
        --no-shuffle --output "${copy%/*}/cargo-mutants/${file//\//-}" "${arguments[@]}" ||
        case $? in
            2) status=1 ;;
            3) ;;
            *) fail "cargo-mutants fails for $file" ;;
        esac
done
[ $status = 0 ] || fail "some changes are noticed by no test; they are listed above, and in ${copy%/*}/cargo-mutants/*/mutants.out"
