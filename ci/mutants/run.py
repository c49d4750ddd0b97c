"""Applies each change in the lists next to this file to a copy of the project, one at a time, and shows which test kills it.

A list is a TOML file with a table for each mutant:

    [state-load-relaxed]
    breaks = "a version is seen without what came before the send"   # what is broken, for the table
    file = "src/channel/state.rs"
    old = "load(Ordering::Acquire)"     # must be in the file exactly once
    new = "load(Ordering::Relaxed)"
    kill = "loom what_comes_before_a_send_is_visible"

`kill` is a kind of tests, the file in tests/ if the kind needs one, and filters for the names of tests:

| kind | tests |
|---|---|
| `lib` | unit tests |
| `test FILE`, `release-test FILE` | tests/FILE.rs, without and with optimizations |
| `critical-lib` | unit tests with critical sections |
| `threads FILE` | no_std_check/threads/tests/FILE.rs, with critical sections |
| `bare-test FILE` | tests/FILE.rs without any feature |
| `loom`, `loom-lib` | models of the channel, and of its parts |

A change can have further parts in the same file: `also = [{ old = "...", new = "..." }]`.

With `hangs = SECONDS`, the mutant is also killed if its tests do not end within this time. With `survives = "..."`, no test kills
it, for this reason; `kill` then names the tests that come nearest.

`run.py --copy` updates the copy and prints its path.

Each command must first pass on the unbroken copy; it is not run again if it has passed since the last change. The exit status is 0
if each mutant is killed, or survives, as its list says.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path.cwd()
# The copy needs a separate target directory: cargo takes both copies of the package for the same one, and would use what it has
# built for the other.
PLACE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutants"
COPY = PLACE / "copy"
TARGET = PLACE / "target"

# Time limits in seconds: for a build or the tests of the unbroken copy, and for the tests of a mutant without `hangs`.
LIMIT = 900
MUTANT_LIMIT = 120

# The commands that have passed on the unbroken copy, and the hash of its files.
PASSED = PLACE / "passed.json"

STD = ["--features", "stream,tokio,defmt"]
CRITICAL = ["--no-default-features", "--features", "critical-section,stream"]
BARE = ["--no-default-features"]
# loom is optimized; this crate and its models are not, because building them optimized takes longer than it saves.
QUICK = ["--config", "profile.release.package.watch-channel.opt-level=0"]
LOOM = ["--release", *QUICK, "--no-default-features", "--features", "loom,event-listener"]

# For each kind: cargo's arguments, and whether the next word is a file in tests/.
KINDS = {
    "lib": ([*STD, "--lib"], False),
    "test": (STD, True),
    "release-test": (["--release", *STD], True),
    "critical-lib": ([*CRITICAL, "--lib"], False),
    "threads": (["--release", "--manifest-path", "no_std_check/threads/Cargo.toml", "--features", "critical-section"], True),
    "bare-test": (BARE, True),
    "loom": ([*LOOM, "--test", "loom"], False),
    "loom-lib": ([*LOOM, "--lib"], False),
}


def fail(message):
    sys.exit(f"error: {message}")


def say(text):
    print(text, flush=True)


def read_lists():
    mutants = {}
    for file in sorted((ROOT / "ci/mutants").glob("*.toml")):
        for name, mutant in tomllib.loads(file.read_text()).items():
            if name in mutants:
                fail(f"{file}: there are two mutants {name}")
            for key in ("breaks", "file", "old", "new", "kill"):
                if key not in mutant:
                    fail(f"{file}: {name} has no `{key}`")
            if unknown := mutant.keys() - {"breaks", "file", "old", "new", "kill", "also", "hangs", "survives"}:
                fail(f"{file}: {name} has unknown keys: {unknown}")
            mutants[name] = mutant
    return mutants


def broken(name, mutant):
    """Returns the text of the mutant's file, with the change."""
    text = (ROOT / mutant["file"]).read_text()
    for change in (mutant, *mutant.get("also", [])):
        if (found := text.count(change["old"])) != 1:
            fail(f"{name}: its old text must be in {mutant['file']} once, and is there {found} times:\n{change['old']}")
        text = text.replace(change["old"], change["new"])
    return text


def update_copy():
    """Updates the copy, and returns a hash of its files. Unchanged files keep their time stamps, so cargo does not build them
    again."""
    hash = hashlib.sha256()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], capture_output=True, text=True, check=True
    )
    files = [file for file in listed.stdout.split("\0") if file and (ROOT / file).is_file()]
    for old in [path for path in COPY.rglob("*") if path.is_file()]:
        if str(old.relative_to(COPY)) not in files:
            old.unlink()
    for file in files:
        source, copy = ROOT / file, COPY / file
        if not file.startswith("ci/"):
            hash.update(file.encode() + source.read_bytes())
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    return hash.hexdigest()


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
    if kind not in KINDS:
        fail(f"`{kill}`: unknown kind {kind}")
    arguments, names_file = KINDS[kind]
    if names_file:
        arguments = [*arguments, "--test", filters.pop(0)]
    environment = dict(os.environ, CARGO_TARGET_DIR=str(TARGET))
    if kind.startswith("loom"):
        environment["RUSTFLAGS"] = f"--cfg loom --cfg loom_event_listener {environment.get('RUSTFLAGS', '')}"
        environment["CARGO_TARGET_DIR"] = str(TARGET / "loom")
    status, output = run(
        ["cargo", "test", "--quiet", "--locked", "--no-run", "--message-format=json", *arguments],
        LIMIT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
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


def try_mutant(name, mutant):
    """Returns what happened to the mutant, and whether its list says so."""
    file = COPY / mutant["file"]
    file.write_text(broken(name, mutant))
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
        COPY.mkdir(parents=True, exist_ok=True)
        update_copy()
        return say(COPY)
    mutants = read_lists()
    names = sys.argv[1:] or list(mutants)
    for name in names:
        if name not in mutants:
            fail(f"there is no mutant {name}")
        broken(name, mutants[name])
    COPY.mkdir(parents=True, exist_ok=True)
    copied = update_copy()
    remembered = json.loads(PASSED.read_text()) if PASSED.exists() else {}
    has_passed = remembered.get("commands", []) if remembered.get("copied") == copied else []

    kills = dict.fromkeys(mutants[name]["kill"] for name in names)
    say(f"== the unbroken copy: {len(kills)} commands must pass")
    for kill in kills:
        if kill in has_passed:
            continue
        start = time.monotonic()
        command, errors = build(kill)
        if command is None:
            fail(f"the unbroken copy does not build:\n{errors}")
        status, passed, failed = test(command, LIMIT)
        if status != 0:
            fail(f"`{kill}` {'does not end' if status is None else 'fails'} on the unbroken copy: {failed}")
        if passed == 0:
            fail(f"`{kill}` runs no test")
        say(f"{kill}: {passed} tests, {time.monotonic() - start:.0f} s")
        has_passed.append(kill)
        PASSED.write_text(json.dumps({"copied": copied, "commands": has_passed}))

    say(f"\n== {len(names)} mutants")
    rows, wrong = [], []
    for number, name in enumerate(names, 1):
        start = time.monotonic()
        outcome, is_expected = try_mutant(name, mutants[name])
        seconds = f"{time.monotonic() - start:.0f}"
        say(f"{number}/{len(names)} {name}: {outcome}, {seconds} s")
        rows.append((name, mutants[name]["breaks"], outcome.splitlines()[0], seconds))
        if not is_expected:
            wrong.append(name)

    say("")
    rows.insert(0, ("mutant", "what is broken", "killed by", "seconds"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        say(" | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    survivors = sum("survives" in mutants[name] for name in names)
    say(f"\n{len(names)} mutants, {len(names) - len(wrong) - survivors} killed, {survivors} survive for a reason")
    if wrong:
        fail(f"these mutants do not do what their list says: {' '.join(wrong)}")


main()
