//! The guides and their drawings. (The code in the guides is run as doctests.)

use std::fs;
use std::path::{Path, PathBuf};

fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_guide_and_drawing_is_part_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = fs::read_to_string(root.join("src/guide.rs")).unwrap();
    for path in files(&root.join("docs")) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        assert!(module.contains(&format!("\"../{name}\"")), "src/guide.rs does not name {name}");
    }
}

/// A blank line ends a block of HTML, and what follows would be shown as text. A fixed text color would be hard to read in one of
/// rustdoc's themes.
#[test]
fn drawings_have_no_blank_lines_and_inherit_the_text_color() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let drawings: Vec<_> =
        files(&root).into_iter().filter(|path| path.extension().is_some_and(|e| e == "svg")).collect();
    assert!(!drawings.is_empty());
    for path in drawings {
        let drawing = fs::read_to_string(&path).unwrap();
        let first = drawing.lines().next().unwrap();
        assert!(first.starts_with("<svg ") && first.ends_with('>'), "{}: {first}", path.display());
        assert!(drawing.lines().all(|line| !line.trim().is_empty()), "{} has a blank line", path.display());
        assert!(drawing.contains("<g fill=\"currentColor\""), "{}", path.display());
        let texts = drawing.lines().filter(|line| line.starts_with("<text"));
        texts.for_each(|text| assert!(!text.contains(" fill="), "{}: {text}", path.display()));
    }
}
