//! Signals that ask the program to end.

use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    iterator::Signals,
};

/// Calls `stop` when somebody presses Ctrl-C or sends `SIGTERM`. The second time, the program ends at once.
///
/// # Errors
///
/// The operating system's.
pub(crate) fn on_stop(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    watch(&[SIGINT, SIGTERM], stop)
}

/// The same for a process with a parent, which gets the Ctrl-C of its terminal too and decides for both.
///
/// # Errors
///
/// The operating system's.
pub(crate) fn on_stop_of_child(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    watch(&[SIGTERM], stop)
}

fn watch(numbers: &'static [i32], stop: impl Fn() + Send + 'static) -> io::Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    for number in numbers {
        // In this order: the first signal only sets the flag.
        flag::register_conditional_shutdown(*number, 1, Arc::clone(&asked))?;
        flag::register(*number, Arc::clone(&asked))?;
    }
    let mut signals = Signals::new(numbers)?;
    thread::Builder::new().name("signals".into()).spawn(move || signals.forever().for_each(|_| stop()))?;
    Ok(())
}
