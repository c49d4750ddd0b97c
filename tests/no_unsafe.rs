//! G10: the library has no `unsafe`, and its compiler refuses any.

#[test]
fn g10_the_library_has_no_unsafe() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let library = std::fs::read_to_string(root.join("lib.rs")).unwrap();
    assert!(library.contains("#![forbid(unsafe_code)]"));
    for file in std::fs::read_dir(root).unwrap() {
        let path = file.unwrap().path();
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            let is_unsafe = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
            assert!(!is_unsafe, "{}:{}: {line}", path.display(), at + 1);
        }
    }
}
