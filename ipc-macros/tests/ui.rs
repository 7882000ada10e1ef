//! Each mistake that a user can make, and the error that says what to write instead.

/// The compiler's own share of the messages changes from version to version.
#[rustversion::attr(not(stable(1.95)), ignore = "the expected messages are those of Rust 1.95")]
#[test]
fn every_mistake_has_an_error_that_says_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
