//! Misuse that does not compile, and how the errors read. `TRYBUILD=overwrite cargo test --test ui` takes the errors
//! of the compiler at hand.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
