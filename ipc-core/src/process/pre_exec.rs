//! What a child does between fork and exec.
//!
//! One of the few files with unsafe code. What must hold: the process was forked from one with several threads, whose locks
//! may be held for ever, so nothing may take one; that is, only async-signal-safe functions, and no allocation.
#![allow(unsafe_code)]

use std::{io, os::unix::process::CommandExt, process::Command};

use rustix::{
    io::Errno,
    process::{Signal, getpid, getppid, set_parent_process_death_signal},
};

/// Has the kernel kill the child when the thread that spawns it ends, which is also when its process does.
pub(super) fn die_with_parent(command: &mut Command) {
    let parent = getpid();
    let hook = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before that: then nobody will tell. No parent at all is one in another pid namespace.
        match getppid() {
            Some(now) if now != parent => Err(io::Error::from(Errno::SRCH)),
            _ => Ok(()),
        }
    };
    // SAFETY: the hook makes two system calls, prctl and getppid, compares two integers, and makes an `io::Error` of an
    // error number, which is a number inside. It takes no lock, allocates and frees nothing, does not panic, and owns
    // nothing but an integer.
    unsafe { command.pre_exec(hook) };
}
