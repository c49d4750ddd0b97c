//! Misuse does not compile, and the error messages are as expected. `TRYBUILD=overwrite cargo test
//! --test ui` stores the messages of the current compiler as the expected ones.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
