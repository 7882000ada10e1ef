//! The list as tests, for `cargo test`.

use std::{num::NonZero, process::ExitCode, thread};

use libtest_mimic::{Arguments, Failed};

use super::{Trial, child};
use crate::harness::Harness;

/// The `main` of a transport's test file: each case is a test under its own name.
pub fn test_main<H: Harness>() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if let Some(done) = child::as_child::<H>(&args) {
        return done;
    }
    let tests = Trial::usual::<H>().map(|trial| {
        libtest_mimic::Trial::test(trial.name(), move || match trial.run(H::NAME, 0).failure {
            None => Ok(()),
            Some(failure) => Err(Failed::from(failure)),
        })
    });
    libtest_mimic::run(&test_arguments(), tests.collect()).exit_code()
}

/// The arguments of a program whose tests are cases: unless they say otherwise, twice as many run side by side as there are
/// processors. Each is a process of its own, and many wait more than they compute.
pub fn test_arguments() -> Arguments {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(|| 2 * thread::available_parallelism().map_or(1, NonZero::get));
    arguments
}

/// Makes the test file of a transport: `conformance_tests::suite!(MyHarness);`, with `harness = false` in its manifest.
#[macro_export]
macro_rules! suite {
    ($harness:ty) => {
        fn main() -> std::process::ExitCode {
            $crate::test_main::<$harness>()
        }
    };
}
