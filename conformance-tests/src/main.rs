//! The contract as a table, for any of the transports that this program was built with.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance_tests::program()
}
