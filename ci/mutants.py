#!/usr/bin/env python3
"""Applies each change in ci/mutants/*.toml to a copy of the project, one at a time, and shows which test kills it.

    ci/mutants.py [NAME...]   these mutants, or all
    ci/mutants.py --check     only checks that the lists quote the source to the letter
    ci/mutants.py --sample    up to 30 mutants that do not depend on time, chosen by the commit, for four minutes
    ci/mutants.py --copy      updates the copy, and prints its path

A list is a TOML file with a table for each mutant:

    [state-load-relaxed]
    breaks = "a version is seen without what came before the send"   # what is broken, for the table
    file = "src/channel/state.rs"
    old = "load(Ordering::Acquire)"     # must be in the file exactly once
    new = "load(Ordering::Relaxed)"
    kill = "loom what_comes_before_a_send_is_visible"

`kill` is a kind of tests (see `KINDS`), the program in tests/ if the kind needs one, and filters for the names of tests. A change can
have further parts in the same file: `also = [{ old = "...", new = "..." }]`. With `hangs = SECONDS`, the mutant is also killed if its
tests do not end within this time. With `survives = "..."`, no test kills it, for this reason; `kill` then names the tests that come
nearest. The exit status is 0 if each mutant is killed, or survives, as its list says.
"""

import json
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
TARGET = PLACE / "target"

# Time limits in seconds: for a build or the tests of the unbroken copy, and for the tests of a mutant without `hangs`.
LIMIT = 900
MUTANT_LIMIT = 120
# How many mutants a sample has, and after how many seconds it begins no other one. It has none of those that are killed by tests
# of time, which a busy machine disturbs.
SAMPLE = 30
TIMED = {"timing"}
SAMPLE_SECONDS = 240
# A random program that fails need not be made shorter.
os.environ["PROPTEST_MAX_SHRINK_ITERS"] = "0"

# For each kind of tests: cargo's arguments, and whether the next word of `kill` is a program in tests/. loom is optimized; this crate
# and its models are not, because building them optimized takes longer than it saves.
QUICK = "--config profile.release.package.watch-channel.opt-level=0"
KINDS = {
    "lib": ("--features stream,tokio,defmt --lib", False),
    "test": ("--features stream,tokio,defmt", True),
    "release-test": ("--release --features stream,tokio,defmt", True),
    "critical-lib": ("--no-default-features --features critical-section,stream --lib", False),
    "critical-test": ("--no-default-features --features critical-section,stream", True),
    "threads": ("--release --manifest-path no_std_check/threads/Cargo.toml --features critical-section", True),
    "bare-test": ("--no-default-features", True),
    "loom": (f"--release {QUICK} --no-default-features --features loom,event-listener --test loom", False),
    "loom-lib": (f"--release {QUICK} --no-default-features --features loom,event-listener --lib", False),
}


def say(text):
    print(text, flush=True)


def read_lists():
    """Returns all mutants, and what is wrong with the lists."""
    mutants, wrong = {}, []
    for file in sorted((ROOT / "ci/mutants").glob("*.toml")):
        for name, mutant in tomllib.loads(file.read_text()).items():
            if name in mutants:
                wrong.append(f"there are two mutants {name}")
            if missing := {"breaks", "file", "old", "new", "kill"} - mutant.keys():
                wrong.append(f"{name} has no {missing}")
                continue
            if unknown := mutant.keys() - {"breaks", "file", "old", "new", "kill", "also", "hangs", "survives"}:
                wrong.append(f"{name} has unknown keys: {unknown}")
            kind, *words = mutant["kill"].split()
            if kind not in KINDS or KINDS[kind][1] and not words:
                wrong.append(f"{name}: no such tests: {mutant['kill']}")
            mutants[name] = mutant
            try:
                broken(mutant)
            except ValueError as error:
                wrong.append(f"{name} {error}")
    return mutants, wrong


def broken(mutant):
    """Returns the text of the mutant's file, with the change."""
    path = ROOT / mutant["file"]
    if not path.is_file():
        raise ValueError(f"changes {mutant['file']}, which does not exist")
    text = path.read_text()
    for change in (mutant, *mutant.get("also", [])):
        if (found := text.count(change["old"])) != 1:
            raise ValueError(f"quotes a text that is in {mutant['file']} {found} times and not once:\n{change['old']}")
        text = text.replace(change["old"], change["new"])
    return text


def update_copy():
    """Writes only what differs. The other files keep their time stamps, so cargo builds again what has changed, and what it has
    built with a mutant last."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {COPY / file: ROOT / file for file in listed.stdout.split("\0") if (ROOT / file).is_file()}
    for copy in COPY.rglob("*"):
        if copy.is_file() and copy not in files:
            copy.unlink()
    for copy, file in files.items():
        if not copy.is_file() or copy.read_bytes() != file.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


def run(command, limit, **options):
    """Returns the command's exit status, or None after `limit` seconds, and its output. After `limit` it kills the command and
    all that the command has started."""
    process = subprocess.Popen(
        command, cwd=COPY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True, **options
    )
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[0]


def build(kill):
    """Builds the tests that `kill` names. Returns the command that runs them and no errors, or None and the compiler's errors."""
    kind, *filters = kill.split()
    arguments, names_file = KINDS[kind]
    command = "cargo test --quiet --locked --no-run --message-format=json".split() + arguments.split()
    if names_file:
        command += ["--test", filters.pop(0)]
    environment = dict(os.environ, CARGO_TARGET_DIR=str(TARGET), CARGO_PROFILE_DEV_DEBUG="0", CARGO_INCREMENTAL="1")
    if kind.startswith("loom"):
        environment["RUSTFLAGS"] = f"--cfg loom --cfg loom_event_listener {environment.get('RUSTFLAGS', '')}"
        environment["CARGO_TARGET_DIR"] = str(TARGET / "loom")
    status, output = run(command, LIMIT, env=environment, stderr=subprocess.DEVNULL)
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    if status != 0:
        errors = [m["message"]["rendered"] for m in messages if m.get("reason") == "compiler-message"]
        return None, "".join(error for error in errors if error.startswith("error"))
    program = [m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]]
    return [program[-1], *filters], ""


def test(command, limit):
    """Returns the tests' exit status (None if they do not end), how many have passed, and the name of the first that failed."""
    # With one thread, a test that aborts the program is the last one named.
    status, output = run([*command, "--test-threads=1"], limit, stderr=subprocess.DEVNULL)
    passed = sum(int(number) for number in re.findall(r"^test result: .* (\d+) passed", output, re.MULTILINE))
    begun = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (.*)$", output, re.MULTILINE)
    failed = [name for name, result in begun if not result.startswith(("ok", "ignored"))]
    return status, passed, failed[0] if failed else ""


def must_pass(kill):
    """The tests must pass on the unbroken copy."""
    command, errors = build(kill)
    if command is None:
        sys.exit(f"error: the unbroken copy does not build:\n{errors}")
    status, passed, failed = test(command, LIMIT)
    if status != 0 or passed == 0:
        sys.exit(f"error: `{kill}` on the unbroken copy: status {status}, {passed} tests passed, failed: {failed}")


def try_mutant(mutant):
    """Returns what happened to the mutant, and whether its list says so."""
    file = COPY / mutant["file"]
    file.write_text(broken(mutant))
    try:
        command, errors = build(mutant["kill"])
        if command is None:
            return f"does not build\n{errors}", False
        status, _, failed = test(command, mutant.get("hangs", MUTANT_LIMIT))
    finally:
        file.write_text((ROOT / mutant["file"]).read_text())
    survives = "survives" in mutant
    if status == 0:
        return (f"survives, {mutant['survives']}", True) if survives else ("SURVIVES", False)
    if survives:
        return f"killed by {failed}, although its list says that it survives", False
    if status is None:
        return (f"{failed or mutant['kill']} (hangs)", True) if "hangs" in mutant else (f"HANGS in {failed}", False)
    return failed or mutant["kill"], True


def main():
    if sys.argv[1:] == ["--copy"]:
        update_copy()
        return say(COPY)
    mutants, wrong = read_lists()
    if wrong:
        sys.exit("error: in ci/mutants/:\n" + "\n".join(wrong))
    if sys.argv[1:] == ["--check"]:
        return say(f"{len(mutants)} mutants quote the source")
    names, end = sys.argv[1:] or list(mutants), None
    if names == ["--sample"]:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        steady = [name for name, mutant in mutants.items() if not TIMED & set(mutant["kill"].split())]
        names, end = random.Random(commit).sample(steady, SAMPLE), time.monotonic() + SAMPLE_SECONDS
    if unknown := [name for name in names if name not in mutants]:
        sys.exit(f"error: there is no mutant {unknown}")
    update_copy()
    has_passed, rows, unexpected = set(), [], []
    for name in names:
        start = time.monotonic()
        if end and start > end:
            break
        mutant = mutants[name]
        if mutant["kill"] not in has_passed:
            must_pass(mutant["kill"])
            has_passed.add(mutant["kill"])
        outcome, is_expected = try_mutant(mutant)
        rows.append(f"{name}: {mutant['breaks']}: {outcome}")
        say(f"{len(rows)}/{len(names)} {rows[-1]}, {time.monotonic() - start:.0f} s")
        if not is_expected:
            unexpected.append(name)
    survivors = sum("survives" in mutants[name] for name in names[: len(rows)])
    say(f"{len(rows)} of {len(names)} mutants: {len(rows) - len(unexpected) - survivors} killed, {survivors} survive for a reason")
    if unexpected:
        sys.exit(f"error: these mutants do not do what their list says: {' '.join(unexpected)}")


main()
