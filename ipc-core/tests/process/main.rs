//! Processes: how they start, what they get, how they end and who learns of it.
//!
//! The program is its own child: spawned with a role as an argument, it plays that role (`roles.rs`) instead of running
//! tests.

mod exhaustion;
mod exit;
mod inheritance;
mod parent_death;
mod roles;
mod watchdog;

use std::{env, process::ExitCode};

use ipc_core::Spawn;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    watchdog::start();
    if let Some(code) = roles::play(env::args_os().collect()) {
        return code;
    }
    let tests = [exit::tests(), inheritance::tests(), parent_death::tests(), exhaustion::tests()];
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().flatten().collect()).exit_code()
}

/// This program in another role.
fn role(name: &str) -> Spawn {
    Spawn::new(env::current_exe().unwrap()).env(roles::VARIABLE, name)
}

fn test(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
