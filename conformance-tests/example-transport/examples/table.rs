//! The contract as a table: `cargo run -p example-transport --example table -- --clause T2`.

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance_tests::main::<harness::ExampleHarness>()
}
