#!/usr/bin/env bash
# Checks that run no test: `ci/check.sh [NAME...]`, where a NAME is format, text, mutants, cfg, deny, docs, api or
# package; all by default.
. "$(dirname "$0")/lib.sh"

# The formatting of all packages.
format() {
    need cargo-fmt "rustup component add rustfmt"
    # The members of the workspace, then each package with a lock file of its own.
    cargo fmt --all --check
    git ls-files -co --exclude-standard '*/Cargo.lock' | while read -r lock; do
        cargo fmt --all --check --manifest-path "${lock%lock}toml"
    done
    # cargo does not find this file: it is included, and not a module.
    rustfmt --check --edition 2024 --config-path rustfmt.toml examples/tokio_port/program.rs
}

# Spelling, and the shell scripts.
text() {
    need typos
    need shellcheck
    typos
    git ls-files -co --exclude-standard '*.sh' .ci/run | xargs shellcheck --external-sources --source-path SCRIPTDIR
}

# The lists of mutants quote the source to the letter.
mutants() { ci/mutants.py --check; }

# code PATTERN: the lines of the library that match, except comments.
code() {
    grep -rnE "$1" src | grep -vE '^[^:]+:[0-9]+:\s*//' || true
}

# Conditional compilation is confined to the root, which chooses modules, the facade, and the `mod.rs` of each folder that has
# two implementations. Only the facade and the models name the crates that the facade wraps.
cfg() {
    local found crates='portable_atomic|portable_atomic_util|spin|loom|critical_section|parking'
    found=$(code '\bcfg(_attr)?!?\s*\(' | grep -vE '^src/(lib|cfg|sync/[a-z]+|(adapters|coop|lock/queue|lock/deadlock)/mod)\.rs:' |
        grep -vE '#\[cfg\((test|all\(test, loom, feature = "loom"\))\)\]') || true
    [ -z "$found" ] || fail "cfg in a file that may not have it: choose a module in src/lib.rs or the mod.rs of a folder with two
implementations (ci/check.sh lists these folders), or put the difference into src/sync/:
$found"
    found=$(code "\\b($crates)::|\\b(use|crate) (::)?($crates)\\b" | grep -vE '^src/(sync/|[a-z/]*loom_tests(\.rs|/))') || true
    [ -z "$found" ] || fail "these name a crate that the facade wraps: use src/sync/ instead, which has loom's types under cfg(loom):
$found"
}

# The supply chain, by cargo-deny, and that README.md names each crate that the default features bring.
deny() {
    need cargo-deny
    cargo-deny --locked check licenses bans sources
    local said brought named crate
    if said=$(cargo-deny --locked fetch db 2>&1); then
        cargo-deny --locked check --disable-fetch advisories
    else
        echo "NOT CHECKED: the database of advisories cannot be fetched here: $said" >&2
    fi
    brought=$(cargo tree --locked --edges normal --prefix none --format '{p}' | awk '$1 != "watch-channel" { print $1 }' | sort -u)
    named=$(sed -n '/^The default features bring/,/^$/p' README.md)
    for crate in $brought; do
        grep -qw -- "$crate" <<< "$named" || fail "README.md does not name $crate, which the default features bring"
    done
}

# The documentation, with warnings denied: for several sets of features, with private items, and with docs.rs's badges of features.
docs() {
    local features feature pages=${CARGO_TARGET_DIR:-target}/doc/watch_channel
    export RUSTDOCFLAGS="-D warnings"
    for features in "" std event-listener stream std,event-listener std,event-listener,critical-section,stream,tokio,defmt; do
        cargo doc --quiet --locked --no-deps --no-default-features --features "$features"
    done
    cargo doc --quiet --locked --features stream
    cargo doc --quiet --locked --no-deps --document-private-items --features stream,tokio,defmt
    features=$(sed -n '/^\[package.metadata.docs.rs\]/,/^$/s/^features = \[\(.*\)\]/\1/p' Cargo.toml)
    RUSTC_BOOTSTRAP=1 RUSTDOCFLAGS="--cfg docsrs -D warnings" cargo doc --quiet --locked --no-deps --no-default-features \
        --features "$(tr -d '" ' <<< "$features")"
    for feature in std event-listener stream defmt; do
        grep -qrE "Available on <strong>crate features? <code>$feature</code>" "$pages" || fail "no badge names the feature $feature"
    done
    ! grep -roE 'Available on <strong>[^.]*loom' "$pages" || fail "a badge names what only model checking sets; see auto_cfg in src/lib.rs"
}

# The public API is that of ci/api.txt, so a change of it shows in a review, and names no types of other dependencies than these.
# `WRITE=1 ci/check.sh api` replaces the file. tests/project.rs walks it, and checks that what each public method needs is there.
api() {
    need_toolchain nightly
    need cargo-public-api
    local now crates
    # A directory of its own, because rustdoc's JSON comes from another compiler.
    now=$(CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/api" cargo +nightly public-api --color never \
        --features critical-section,stream,tokio,defmt --omit blanket-impls,auto-trait-impls 2> >(grep '^error' >&2)) ||
        fail "cargo-public-api failed; each version of it understands the JSON of some nightly compilers: see ci/setup.sh"
    [ -z "${WRITE:-}" ] || echo "$now" > ci/api.txt
    diff -u ci/api.txt <(echo "$now") || fail "the public API has changed; run WRITE=1 ci/check.sh api, and commit ci/api.txt"
    # Paths begin after a space or a bracket. A new major version of one of these crates needs one of this crate.
    crates=$(grep -oP '(?<![\w:>])[a-z]\w*(?=::)' ci/api.txt | sort -u | tr '\n' ' ')
    [ "$crates" = "core defmt event_listener futures_core std watch_channel " ] || fail "public dependencies: $crates"
}

# The package that would be published: what it contains, and that it builds by itself.
package() {
    local files wanted link
    cargo package --quiet --locked --allow-dirty
    files=$(cargo package --quiet --list --locked --allow-dirty)
    for wanted in Cargo.toml README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT src/lib.rs; do
        grep -qx "$wanted" <<< "$files" || fail "$wanted is not in the package"
    done
    while read -r link; do
        grep -q "^$link\(/\|$\)" <<< "$files" || fail "README.md links to $link, which is not in the package"
    done < <(grep -oE '\]\([^):]+\)' README.md | sed 's/^](//; s/[#)].*//' | sort -u)
    ! grep -E '^(\.|ci|no_std_check|fuzz|examples/(service|config_reload)|benches/.*\.rs)' <<< "$files" | grep -v '^.cargo_vcs_info' ||
        fail "the package contains files that only this repository needs; add them to exclude in Cargo.toml"
}

run_parts "format text mutants cfg deny docs api package" "$@"
