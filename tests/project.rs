//! The project's own files: what one of them names exists in another. Each test walks files and
//! fails with the name that is missing. (The code in the guides is run as doctests.)

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder, with paths that begin at the root of the project.
fn files(folder: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.map(|path| (path.is_dir(), path.strip_prefix(root()).unwrap().to_path_buf()));
    paths.flat_map(|(is_dir, path)| if is_dir { files(path.to_str().unwrap()) } else { vec![path] }).collect()
}

/// The name of the function that a line defines, without what comes before `fn`.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
    line.strip_prefix("const ").unwrap_or(line).strip_prefix("fn ")?.split(['(', '<']).next()
}

#[test]
fn every_guide_and_drawing_is_part_of_the_documentation() {
    let module = read("src/guide.rs");
    for path in files("docs") {
        let name = path.to_str().unwrap().replace('\\', "/");
        assert!(module.contains(&format!("\"../{name}\"")), "src/guide.rs does not name {name}");
    }
}

/// A blank line ends a block of HTML, and what follows would be shown as text. A fixed text color
/// would be hard to read in one of rustdoc's themes.
#[test]
fn drawings_have_no_blank_lines_and_inherit_the_text_color() {
    let mut drawings = files("docs");
    drawings.retain(|path| path.extension().is_some_and(|extension| extension == "svg"));
    assert!(!drawings.is_empty());
    for path in drawings {
        let (path, drawing) = (path.display(), read(&path));
        let first = drawing.lines().next().unwrap();
        assert!(first.starts_with("<svg ") && first.ends_with('>'), "{path}: {first}");
        assert!(drawing.lines().all(|line| !line.trim().is_empty()), "{path} has a blank line");
        assert!(drawing.contains("<g fill=\"currentColor\""), "{path}");
        let mut texts = drawing.lines().filter(|line| line.starts_with("<text"));
        assert!(texts.all(|text| !text.contains(" fill=")), "{path} has a text with a color");
    }
}

#[test]
fn every_test_and_model_that_verification_names_exists() {
    let folders = ["src", "tests", "no_std_check/threads/tests"];
    let mut sources = folders.into_iter().flat_map(files).collect::<Vec<_>>();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let sources: Vec<_> = sources.iter().map(read).collect();
    let known: BTreeSet<_> = sources.iter().flat_map(|source| source.lines().filter_map(function)).collect();
    let text = read("VERIFICATION.md");
    // A name of several words between backticks is that of a test or a model.
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |name: &&str| name.contains('_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let named: Vec<_> = quoted.filter(is_name).filter(|name| *name != "blocked_sender").collect();
    assert!(named.len() > 30, "only {} names", named.len());
    for name in named {
        assert!(known.contains(name), "no function is called {name}");
    }
}

#[test]
fn each_guarantee_has_a_section_and_a_row_in_the_readme() {
    let (verification, readme) = (read("VERIFICATION.md"), read("README.md"));
    for guarantee in 1..=11 {
        assert!(verification.contains(&format!("\n## G{guarantee}: ")), "G{guarantee} has no section");
        assert!(readme.contains(&format!("\n| G{guarantee} | ")), "G{guarantee} has no row");
    }
}

/// The compiler checks the rest of that table.
#[test]
fn the_table_of_pairs_names_every_model() {
    let table = read("tests/loom/pairs.rs");
    let mut models = 0;
    for path in files("tests/loom") {
        let (module, source) = (path.file_stem().unwrap().to_str().unwrap(), read(&path));
        let lines: Vec<_> = source.lines().collect();
        for test in lines.windows(2).filter(|lines| lines[0] == "#[test]") {
            let model = format!("{module}::{}", function(test[1]).unwrap());
            let is_named =
                table.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').any(|word| word == model);
            assert!(is_named, "{model} is not in the table");
            models += 1;
        }
    }
    assert!(models > 50, "only {models} models");
}

/// A line of `ci/api.txt`, to which `ci/check.sh api` writes the public API, such as
/// `pub fn watch_channel::Receiver<T>::recv(&mut self) -> watch_channel::Recv<'_, T> where ...`.
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
        (read("tests/api/auto_traits.rs"), read("tests/api/size.rs"), read("tests/programs/real.rs"));
    for future in futures(&api) {
        for name in ["wait", "wait_timeout", "wait_deadline"] {
            let has_it = methods.iter().any(|method| method.of == future && method.name == name);
            assert!(has_it, "{future} has no method {name}: is it in src/every_wait.rs?");
        }
        let fused = format!("FusedFuture for watch_channel::{future}<");
        assert!(api.contains(&fused), "{future} is not fused: is it in src/every_wait.rs?");
        assert!(auto_traits.contains(&format!("is!({future}<")), "tests/api/auto_traits.rs does not check {future}");
        assert!(size.contains(&format!("::{future}<")), "tests/api/size.rs does not check {future}");
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
    let mut sources = Vec::new();
    for path in files("src") {
        let (mut docs, mut is_track_caller) = (Vec::new(), false);
        for (number, line) in (1..).zip(read(&path).lines()) {
            let line = line.trim();
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(String::from(doc.trim()));
            } else if line.starts_with("#[") {
                is_track_caller |= line == "#[track_caller]";
            } else {
                if let Some(name) = function(line).filter(|_| line.starts_with("pub ")) {
                    let place = format!("{}:{number}: {name}", path.display());
                    sources.push(Source { place, name: name.into(), docs: std::mem::take(&mut docs), is_track_caller });
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
        let is_wait = futures.iter().any(|future| returns(&format!("watch_channel::{future}<")));

        let first = docs.first().map_or("", String::as_str);
        let verb = first.split(' ').next().unwrap();
        assert!(verb.ends_with('s') && verb.starts_with(char::is_uppercase), "{place} begins with {verb:?}");
        let positions = docs.iter().filter_map(|line| ORDER.iter().position(|section| section == line));
        assert!(positions.is_sorted(), "{place} has its sections out of order");
        let needs = [
            (true, "# Examples"),
            (is_wait, "# Cancel safety"),
            (is_wait || *is_track_caller, "# Blocking"),
            (returns("core::result::Result<"), "# Errors"),
        ];
        for (_, need) in needs.into_iter().filter(|(is_needed, _)| *is_needed) {
            assert!(docs.iter().any(|line| line == need), "{place} has no section {need}");
        }
        let mut example = docs.iter().skip_while(|line| *line != "# Examples");
        assert!(example.any(|line| line.contains("assert")), "{place} has an example without an assertion");
    }
}
