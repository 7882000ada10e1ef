//! This program as something else: a case, or a peer.

use std::{ffi::OsString, process::ExitCode, sync::Arc, time::Duration};

use ipc_core::spawned;

use super::{CASE, Trial};
use crate::{direct, harness::Harness, wait, world::World};

/// How long a case may take, ten times that at full size, unless the environment variable `CONFORMANCE_SECONDS` says
/// otherwise.
const LIMIT_SECONDS: u64 = 240;

/// Whether the environment variable `CONFORMANCE_FULL` asks for the full size of the cases that do many things.
pub(crate) fn is_full() -> bool {
    std::env::var_os("CONFORMANCE_FULL").is_some()
}

/// If the arguments say that this process is a case or a peer, is that.
pub(super) fn as_child<H: Harness>(args: &[OsString]) -> Option<ExitCode> {
    match args {
        [_, fd, ..] if fd == spawned::ARGUMENT => Some(H::default().run_peer(args.to_vec())),
        [_, case, _, name, seed] if case == CASE => Some(run::<H>(&name.to_string_lossy(), &seed.to_string_lossy())),
        _ => None,
    }
}

fn run<H: Harness>(name: &str, seed: &str) -> ExitCode {
    let (Some(trial), Ok(seed)) = (Trial::all::<H>().find(|trial| trial.name() == name), seed.parse()) else {
        eprintln!("expected the name of a case and a seed, got {name} and {seed}");
        return ExitCode::FAILURE;
    };
    let limit = if is_full() { 10 * LIMIT_SECONDS } else { LIMIT_SECONDS };
    let seconds = std::env::var("CONFORMANCE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    wait::start_watchdog(name.to_owned(), Duration::from_secs(seconds.unwrap_or(limit)));
    end_at_a_failure();
    let world = World::new(Arc::new(H::default()), trial.setting, seed);
    let run = if H::DIRECT { direct::weaker(trial.case.name) } else { None };
    run.unwrap_or(trial.case.run)(&world);
    ExitCode::SUCCESS
}

/// Has the process end when an assertion of a case fails, on whatever thread: the others may wait for this one. What panics
/// on purpose does so in the server, or with [`std::panic::resume_unwind`].
fn end_at_a_failure() {
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        show(info);
        let file = info.location().map_or("", |location| location.file());
        if !file.contains("/server/") {
            std::process::exit(101);
        }
    }));
}
