//! The program; the library is there for `cargo bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::main()
}
