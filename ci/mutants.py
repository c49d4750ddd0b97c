#!/usr/bin/env python3
"""Applies each change in ci/mutants/*.toml to a copy of the project, one at a time, and shows which test kills it.

    ci/mutants.py [NAME...]              these mutants, or all
    ci/mutants.py --check                only checks that the lists quote the source to the letter
    ci/mutants.py --sample               30 mutants that do not depend on time, chosen by the commit, for four minutes
    ci/mutants.py --cargo [ARGUMENT...]  runs cargo-mutants on the copy, with its own arguments, such as --file FILE

The lists have the changes that cargo-mutants does not make: other orderings, and steps that are swapped or left out. A list is a
TOML file with a table for each mutant:

    [state-load-relaxed]
    breaks = "a version is seen without what came before the send"   # what is broken, for the table
    file = "src/channel/state.rs"
    old = "load(Ordering::Acquire)"     # must be in the file exactly once
    new = "load(Ordering::Relaxed)"
    kill = "loom what_comes_before_a_send_is_visible"

`kill` is a kind of tests (see `KINDS`), the file in tests/ if the kind needs one, and filters for the names of tests. A change can
have further parts in the same file: `also = [{ old = "...", new = "..." }]`. With `hangs = SECONDS`, the mutant is also killed if its
tests do not end within this time. With `survives = "..."`, no test kills it, for this reason; `kill` then names the tests that come
nearest. The exit status is 0 if each mutant is killed, or survives, as its list says.
"""

import functools
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The copy needs a separate target directory: cargo takes both copies of the package for the same one, and would use what it has
# built for the other.
PLACE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutants"
COPY = PLACE / "copy"
ENVIRONMENT = dict(os.environ, CARGO_TARGET_DIR=str(PLACE / "target"), CARGO_PROFILE_DEV_DEBUG="0", CARGO_INCREMENTAL="1")
# A random program that fails need not be made shorter.
ENVIRONMENT["PROPTEST_MAX_SHRINK_ITERS"] = "0"

# Time limits in seconds: for a build or the tests of the unbroken copy, and for the tests of a mutant without `hangs`.
LIMIT = 900
MUTANT_LIMIT = 120
# How many mutants a sample has, and after how many seconds it begins no other one. It has none of those that are killed by tests
# of time, which a busy machine disturbs.
SAMPLE = 30
TIMED = {"timing"}
SAMPLE_SECONDS = 240

# The arguments of `cargo test` for each kind of tests; {} is a file in tests/. loom is optimized; this crate and its models are
# not, because building them optimized takes longer than it saves.
LOOM = """--release --no-default-features --features loom,event-listener --config profile.release.package.watch-channel.opt-level=0
    --config build.rustflags=["--cfg=loom","--cfg=loom_event_listener"]"""
KINDS = {
    "lib": "--features stream,tokio,defmt --lib",
    "test": "--features stream,tokio,defmt --test {}",
    "release-test": "--release --features stream,tokio,defmt --test {}",
    "critical-lib": "--no-default-features --features critical-section,stream --lib",
    "threads": "--release --manifest-path no_std_check/threads/Cargo.toml --features event-listener,critical-section --test {}",
    "bare-test": "--no-default-features --test {}",
    "loom": f"{LOOM} --test loom",
    "loom-lib": f"{LOOM} --lib",
}
REQUIRED = {"breaks", "file", "old", "new", "kill"}
OPTIONAL = {"also", "hangs", "survives"}


def read_lists():
    """Returns all mutants. Ends the program if something is wrong with the lists."""
    source = "".join(file.read_text() for folder in ("src", "tests", "no_std_check") for file in (ROOT / folder).rglob("*.rs"))
    mutants = tomllib.loads("".join(file.read_text() for file in sorted((ROOT / "ci/mutants").glob("*.toml"))))
    for name, mutant in mutants.items():
        if not REQUIRED <= mutant.keys() <= REQUIRED | OPTIONAL:
            sys.exit(f"error: the mutant {name} must have {REQUIRED}, and may have {OPTIONAL}; it has {set(mutant)}")
        kind, *words = mutant["kill"].split()
        filters = words[1:] if "{}" in KINDS.get(kind, "") else words
        if kind not in KINDS or not all(f"fn {words.split('::')[-1]}" in source for words in filters):
            sys.exit(f"error: the mutant {name}: no such tests: {mutant['kill']}")
    if wrong := [f"{name}: {error}" for name, mutant in mutants.items() for error in broken(mutant)[1]]:
        sys.exit("error: these mutants must quote a text that is in the file once:\n" + "\n".join(wrong))
    return mutants


def broken(mutant):
    """Returns the text of the mutant's file, with the change, and what it quotes wrongly."""
    text, wrong = (ROOT / mutant["file"]).read_text(), []
    for change in (mutant, *mutant.get("also", [])):
        if (found := text.count(change["old"])) != 1:
            wrong.append(f"{found} times in {mutant['file']}:\n{change['old']}")
        text = text.replace(change["old"], change["new"])
    return text, wrong


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def update_copy():
    """Writes only what differs. The other files keep their time stamps, so cargo builds again what has changed, and what it has
    built with a mutant last."""
    listed = git("ls-files", "-co", "--exclude-standard", "-z").split("\0")
    files = {COPY / file: ROOT / file for file in listed if (ROOT / file).is_file()}
    for copy in COPY.rglob("*"):
        if copy.is_file() and copy not in files:
            copy.unlink()
    for copy, file in files.items():
        if not copy.is_file() or copy.read_bytes() != file.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


def run_cargo_mutants(arguments):
    """Runs cargo-mutants, with the settings in .cargo/mutants.toml, and returns its exit status."""
    if not shutil.which("cargo-mutants"):
        sys.exit("error: cargo-mutants is missing; install it with: ci/setup.sh mutants")
    # It does not look into macros. This shows it the modules that `cfg_if!` chooses, which are behind spaces.
    for file in (COPY / "src").rglob("*.rs"):
        text = file.read_text()
        modules = re.findall(r"^(?: +|cfg_if! .* )mod (\w+);", text, re.MULTILINE)
        file.write_text(text + "".join(f"#[cfg(any())]\nmod {module};\n" for module in modules))
    command = ["cargo", "mutants", "--dir", COPY, "--in-place", "--output", PLACE, *arguments]
    return subprocess.run(command, env=ENVIRONMENT).returncode


def cargo_test(kill, limit, *options):
    """Runs `cargo test` for the tests that `kill` names. Returns its exit status, or None after `limit` seconds, its output and its
    errors. After `limit` it kills cargo and all that cargo has started."""
    kind, *words = kill.split()
    arguments = [words.pop(0) if argument == "{}" else argument for argument in KINDS[kind].split()]
    # With one thread, a test that aborts the program is the last one named.
    command = ["cargo", "test", "--locked", *arguments, *options, "--", *words, "--test-threads=1"]
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process = subprocess.Popen(command, cwd=COPY, env=ENVIRONMENT, start_new_session=True, **pipes)
    try:
        output, errors = process.communicate(timeout=limit)
        return process.returncode, output, errors
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, *process.communicate()


def try_tests(kill, limit):
    """Builds and runs the tests that `kill` names. Returns what happens, and in which test or why."""
    status, _, errors = cargo_test(kill, LIMIT, "--no-run")
    if status != 0:
        return "does not build", errors
    status, output, _ = cargo_test(kill, limit)
    begun = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (.*)$", output, re.MULTILINE)
    failed = [name for name, result in begun if not result.startswith(("ok", "ignored"))] or [kill]
    if status is None:
        return "hangs", failed[0]
    if status != 0:
        return "is killed", failed[0]
    return ("survives" if begun else "has no tests"), kill


@functools.cache
def must_pass(kill):
    """The tests must pass on the unbroken copy."""
    result, where = try_tests(kill, LIMIT)
    if result != "survives":
        sys.exit(f"error: the unbroken copy {result}: {where}")


def try_mutant(mutant):
    """Returns what happens to the mutant, and whether its list says so."""
    must_pass(mutant["kill"])
    file = COPY / mutant["file"]
    file.write_text(broken(mutant)[0])
    result, where = try_tests(mutant["kill"], mutant.get("hangs", MUTANT_LIMIT))
    file.write_text((ROOT / mutant["file"]).read_text())
    expected = "survives" if "survives" in mutant else "is killed"
    return f"{result}: {mutant.get('survives', where)}", result == expected or result == "hangs" and "hangs" in mutant


def main(arguments):
    if arguments[:1] == ["--cargo"]:
        update_copy()
        sys.exit(run_cargo_mutants(arguments[1:]))
    mutants = read_lists()
    if arguments == ["--check"]:
        return print(f"{len(mutants)} mutants quote the source")
    names, end = arguments or list(mutants), float("inf")
    if arguments == ["--sample"]:
        steady = [name for name, mutant in mutants.items() if not TIMED & set(mutant["kill"].split())]
        names, end = random.Random(git("rev-parse", "HEAD")).sample(steady, SAMPLE), time.monotonic() + SAMPLE_SECONDS
    if unknown := [name for name in names if name not in mutants]:
        sys.exit(f"error: there is no mutant {unknown}")
    update_copy()
    tried, unexpected = 0, []
    for name in names:
        start = time.monotonic()
        if start > end:
            break
        outcome, is_expected = try_mutant(mutants[name])
        tried += 1
        print(f"{tried}/{len(names)} {name}: {mutants[name]['breaks']}: {outcome}, {time.monotonic() - start:.0f} s", flush=True)
        if not is_expected:
            unexpected.append(name)
    print(f"{tried} of {len(names)} mutants: {tried - len(unexpected)} do what their list says")
    if unexpected:
        sys.exit(f"error: these mutants do not: {' '.join(unexpected)}")


main(sys.argv[1:])
