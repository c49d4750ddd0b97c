//! Misuse does not compile, and the compiler's messages are as expected. `WRITE=1 cargo test --test
//! cargo ui` stores those of the current compiler as the expected ones.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::cargo;

/// The compiler's messages about a program that uses the library. They are without line numbers,
/// which change with each edit of the library.
fn messages(library: &Path, program: &str) -> String {
    let output = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition=2024", "--emit=metadata", "--color=never", "--out-dir", env!("CARGO_TARGET_TMPDIR")])
        .arg(format!("--extern=watch_channel={}", library.display()))
        .arg(format!("-Ldependency={}", library.parent().unwrap().display()))
        .arg(program)
        .output()
        .unwrap();
    assert!(!output.status.success(), "{program} compiles");
    let said = String::from_utf8(output.stderr).unwrap().replace('\\', "/");
    let root = env!("CARGO_MANIFEST_DIR").replace('\\', "/") + "/";
    let lines = said.lines().map(|line| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').replace(&root, "");
        match line.strip_prefix("--> ").map(|place| place.split(".rs:").next().unwrap()) {
            // In the standard library.
            Some(file) if file.contains("/library/") => {
                format!("--> library{}.rs", file.rsplit("/library").next().unwrap())
            }
            Some(file) => format!("--> {file}.rs"),
            None => line,
        }
    });
    let summaries = ["error: aborting due to", "For more information about this error"];
    let lines = lines.filter(|line| !summaries.iter().any(|summary| line.starts_with(summary)));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn misuse_does_not_compile() {
    let built = cargo(&["test", "--no-run", "--test=cargo", "--message-format=json"]);
    let library = built
        .lines()
        .filter(|line| line.contains("\"name\":\"watch_channel\""))
        .find_map(|line| line.split('"').find(|word| word.ends_with(".rlib")));
    let library = library.expect("cargo names the library").replace("\\\\", "\\");
    for name in ["get_needs_clone", "one_wait_at_a_time", "ref_across_await"] {
        let found = messages(Path::new(&library), &format!("tests/ui/{name}.rs"));
        let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ui/{name}.stderr"));
        if env::var_os("WRITE").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, fs::read_to_string(&expected).unwrap(), "{name}");
    }
}
