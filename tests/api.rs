//! Each public method is complete: it walks `ci/api.txt`, to which `ci/check.sh api` writes the public API, and looks for what
//! CONTRIBUTING.md asks of a public method and of a future.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A line such as `pub fn watch_channel::Receiver<T>::recv(&mut self) -> watch_channel::Recv<'_, T> where ...`.
struct Method {
    /// `Receiver`, or `channel` for the function of that name.
    of: String,
    name: String,
    /// What follows the name.
    signature: String,
}

/// Returns the path of a function without generic arguments, and what follows it.
fn split_generics(text: &str) -> (String, String) {
    let (mut path, mut depth, mut before) = (String::new(), 0, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '(' if depth == 0 => return (path, text[at..].into()),
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ if depth == 0 => path.push(c),
            _ => (),
        }
        before = c;
    }
    panic!("no arguments in {text}");
}

/// The public methods and functions, without those of foreign traits.
fn methods(api: &str) -> Vec<Method> {
    let mut methods = Vec::new();
    let mut is_own = true;
    for line in api.lines() {
        if line.starts_with("impl") {
            is_own = !line.contains(" for ");
        } else if line.starts_with("pub struct") || line.starts_with("pub enum") || !line.contains("::") {
            is_own = true;
        }
        let Some(path) = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn ")) else { continue };
        let (path, signature) = split_generics(path);
        let mut segments = path.rsplit("::");
        let (name, of) = (segments.next().unwrap(), segments.next().unwrap());
        if is_own || of == "watch_channel" {
            methods.push(Method { of: of.into(), name: name.into(), signature });
        }
    }
    assert!(methods.len() > 100, "only {} methods", methods.len());
    methods
}

/// The names of the types that implement `Future`.
fn futures(api: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (_, of) = line.split_once("core::future::future::Future for watch_channel::")?;
        Some(String::from(of.split('<').next()?))
    };
    let futures: BTreeSet<_> = api.lines().filter_map(name).collect();
    assert!(futures.len() > 10, "only {futures:?}");
    futures
}

#[test]
fn each_future_waits_on_a_thread_is_fused_and_is_in_the_lists_of_the_tests() {
    let api = read("ci/api.txt");
    let methods = methods(&api);
    let (auto_traits, size, programs) =
        (read("tests/auto_traits.rs"), read("tests/size.rs"), read("tests/programs/real.rs"));
    for future in futures(&api) {
        for name in ["wait", "wait_timeout", "wait_deadline"] {
            let has_it = methods.iter().any(|method| method.of == future && method.name == name);
            assert!(has_it, "{future} has no method {name}: is it in src/every_wait.rs?");
        }
        let fused = format!("FusedFuture for watch_channel::{future}<");
        assert!(api.contains(&fused), "{future} is not fused: is it in src/every_wait.rs?");
        assert!(auto_traits.contains(&format!("is!({future}<")), "tests/auto_traits.rs does not check {future}");
        assert!(size.contains(&format!("::{future}<")), "tests/size.rs does not check {future}");
        // The method that returns it, as the model programs call it.
        let returned = format!("-> watch_channel::{future}<");
        let method = methods.iter().find(|method| method.signature.contains(&returned)).unwrap();
        let handle = match &*method.of {
            "Sender" => "tx",
            "Receiver" => "rx",
            "Cached" => "cached",
            "Mapped" => "mapped",
            other => panic!("the model programs have no {other}"),
        };
        let call = format!("{handle}.{}(", method.name);
        assert!(programs.contains(&call), "no model program calls {call}");
    }
}

/// A public function in the source, with its documentation and its attributes.
struct Source {
    place: String,
    name: String,
    docs: Vec<String>,
    is_track_caller: bool,
}

fn sources() -> Vec<Source> {
    fn files(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut sources = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (mut docs, mut is_track_caller) = (Vec::new(), false);
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(String::from(doc.trim()));
            } else if line.starts_with("#[") {
                is_track_caller |= line == "#[track_caller]";
            } else {
                if let Some(name) = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn ")) {
                    let name = name.split(['(', '<']).next().unwrap().into();
                    let place = format!("{}:{number}: {name}", path.display());
                    sources.push(Source { place, name, docs: std::mem::take(&mut docs), is_track_caller });
                }
                docs.clear();
                is_track_caller = false;
            }
        }
    }
    sources
}

#[test]
fn each_public_method_has_the_sections_that_it_needs_in_order() {
    const ORDER: [&str; 5] = ["# Blocking", "# Errors", "# Cancel safety", "# Panics", "# Examples"];

    let api = read("ci/api.txt");
    let (methods, futures, sources) = (methods(&api), futures(&api), sources());
    for method in &methods {
        let of_that_name = sources.iter().any(|source| source.name == method.name);
        assert!(of_that_name, "{}::{} is nowhere in src: run ci/check.sh api", method.of, method.name);
    }
    for Source { place, name, docs, is_track_caller } in &sources {
        let alike: Vec<_> = methods.iter().filter(|method| method.name == *name).collect();
        assert!(!alike.is_empty(), "{place} is not in ci/api.txt: run WRITE=1 ci/check.sh api");
        // Methods of several types can have the same name.
        let returns = |what: &str| {
            let result = |method: &Method| Some(method.signature.rsplit_once(") -> ")?.1.starts_with(what));
            alike.iter().all(|method| result(method) == Some(true))
        };
        let returned = |future: &String| returns(&format!("watch_channel::{future}<"));
        let is_wait = futures.iter().any(returned);

        let first = docs.first().map_or("", String::as_str);
        let verb = first.split(' ').next().unwrap();
        assert!(verb.ends_with('s') && verb.starts_with(char::is_uppercase), "{place} begins with {verb:?}");
        let sections: Vec<_> = docs.iter().filter(|line| ORDER.contains(&line.as_str())).collect();
        let positions: Vec<_> = sections.iter().map(|section| ORDER.iter().position(|name| name == *section)).collect();
        assert!(positions.is_sorted(), "{place} has its sections out of order: {sections:?}");
        let mut needs = vec!["# Examples"];
        if is_wait {
            needs.push("# Cancel safety");
        }
        if is_wait || *is_track_caller {
            needs.push("# Blocking");
        }
        if returns("core::result::Result<") {
            needs.push("# Errors");
        }
        for need in needs {
            assert!(docs.iter().any(|line| line == need), "{place} has no section {need}");
        }
        let example = docs.iter().skip_while(|line| *line != "# Examples");
        assert!(example.clone().any(|line| line.contains("assert")), "{place} has an example without an assertion");
    }
}
