//! `VERIFICATION.md` names tests and models that exist, and has a section for each guarantee.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions in Rust files below `directory`.
fn functions(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            names.extend(lines.filter_map(|line| line.split(['(', '<']).next()).map(String::from));
        }
    }
}

#[test]
fn every_test_and_model_that_it_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    functions(&root.join("src"), &mut known);
    functions(&root.join("tests"), &mut known);
    let threads = root.join("no_std_check/threads/tests");
    functions(&threads, &mut known);
    let text = fs::read_to_string(root.join("VERIFICATION.md")).unwrap();
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let verification = fs::read_to_string(root.join("VERIFICATION.md")).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for guarantee in 1..=11 {
        assert!(verification.contains(&format!("\n## G{guarantee}: ")), "G{guarantee} has no section");
        assert!(readme.contains(&format!("\n| G{guarantee} | ")), "G{guarantee} has no row");
    }
}
