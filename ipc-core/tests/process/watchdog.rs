//! Ends a test program that hangs. No test waits for it.

use std::{
    io::{self, Write},
    process,
    sync::Once,
    thread,
    time::Duration,
};

/// Far more than all tests of a program take together.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts the watchdog, the first time.
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            thread::sleep(PATIENCE);
            // Not by a macro, whose output the test harness keeps.
            let _ = writeln!(io::stderr(), "watchdog: a test has hung for {PATIENCE:?}");
            process::abort();
        });
    });
}
