//! The table in `tests/loom/main.rs`, which names the models of each pair of operations, is complete, and its names exist.

use std::collections::{BTreeMap, BTreeSet};

const MAIN: &str = include_str!("loom/main.rs");
const FILES: [(&str, &str); 6] = [
    ("closed", include_str!("loom/closed.rs")),
    ("list", include_str!("loom/list.rs")),
    ("listen", include_str!("loom/listen.rs")),
    ("lock", include_str!("loom/lock.rs")),
    ("value", include_str!("loom/value.rs")),
    ("wait", include_str!("loom/wait.rs")),
];

/// The names of the functions that are tests.
fn models() -> BTreeSet<&'static str> {
    let mut models = BTreeSet::new();
    for (_, source) in FILES {
        let lines: Vec<_> = source.lines().collect();
        let tests = lines.iter().zip(&lines[1..]).filter(|(attribute, _)| attribute.trim() == "#[test]");
        for (_, line) in tests {
            let name = line.strip_prefix("fn ").and_then(|line| line.strip_suffix("() {")).unwrap();
            assert!(models.insert(name), "two models are called {name}");
        }
    }
    models
}

/// The operations in order, and the table's entry for each pair.
struct Table {
    operations: Vec<&'static str>,
    cells: BTreeMap<(&'static str, &'static str), Vec<&'static str>>,
}

fn table() -> Table {
    let lines = MAIN.lines().skip_while(|line| *line != "//! ```text").skip(1).take_while(|line| *line != "//! ```");
    let mut table = Table { operations: Vec::new(), cells: BTreeMap::new() };
    let mut partners = Vec::new();
    for line in lines {
        let line = line.strip_prefix("//! ").unwrap();
        let text = line.trim_start();
        let items = match line.len() - text.len() {
            0 => {
                table.operations.push(line);
                partners.clear();
                continue;
            }
            2 => {
                let (names, items) = text.split_once(": ").unwrap_or_else(|| panic!("no colon in {line:?}"));
                partners = names.split(", ").collect();
                items
            }
            4 => text,
            indent => panic!("{indent} spaces before {text:?}"),
        };
        let operation = *table.operations.last().unwrap();
        assert!(!partners.is_empty(), "{line:?}");
        for partner in &partners {
            let cell = table.cells.entry((operation, *partner)).or_default();
            assert!(cell.is_empty() || line.starts_with("    "), "{operation} and {partner} are there twice");
            cell.extend(items.split_whitespace());
        }
    }
    table
}

#[test]
fn each_pair_of_operations_is_in_the_table_once() {
    let Table { operations, mut cells } = table();
    assert!(operations.len() > 20, "{operations:?}");
    for (i, first) in operations.iter().enumerate() {
        for second in &operations[i..] {
            let cell = cells.remove(&(*first, *second));
            assert!(cell.is_some_and(|cell| !cell.is_empty()), "{first} and {second} are missing");
        }
    }
    assert!(cells.is_empty(), "these pairs have an unknown operation, or are in the wrong half: {:?}", cells.keys());
}

#[test]
fn the_table_names_every_model_and_only_reasons_that_are_explained() {
    let models = models();
    let is_reason = |item: &&str| item.len() == 1;
    let (reasons, named): (BTreeSet<_>, BTreeSet<_>) = table().cells.into_values().flatten().partition(is_reason);
    let given: BTreeSet<_> = MAIN
        .lines()
        .filter_map(|line| line.strip_prefix("//! - ")?.split_once(": "))
        .map(|(reason, _)| reason)
        .collect();
    assert_eq!(reasons, given);
    let missing: Vec<_> = named.difference(&models).collect();
    assert!(missing.is_empty(), "the table names models that do not exist: {missing:?}");
    let unnamed: Vec<_> = models.difference(&named).collect();
    assert!(unnamed.is_empty(), "models that the table leaves out: {unnamed:?}");
}

#[test]
fn the_files_are_those_of_the_models() {
    let modules = MAIN.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let mut modules: Vec<_> = modules.filter(|module| !["common", "explore"].contains(module)).collect();
    modules.sort();
    assert_eq!(modules, FILES.map(|(file, _)| file));
}
