//! How cases are run: each in a process of its own, so that one that hangs or dies costs itself alone.

mod child;
mod mimic;
mod options;
mod table;

use std::{
    ffi::OsString,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) use child::is_full;
pub use mimic::{test_arguments, test_main};
pub use table::main;

use crate::{
    case::{Case, Setting},
    cases,
    harness::Harness,
};

/// The argument that makes this program run one case.
const CASE: &str = "--conformance-case";

/// The clauses that are about which side does what for which: whose threads stand for whose, who holds objects of whom, and
/// who is told of a loss. Their cases run across processes in both roles each time; those of the others, where values, limits
/// and errors are the same whoever connected, if the environment variable `CONFORMANCE_SWAPPED` is set.
const OF_THE_ROLES: &[&str] = &["T1", "T2", "T3", "T5", "O1", "O2", "F2", "F4"];

/// A case in one of its settings.
#[derive(Clone, Copy)]
struct Trial {
    case: Case,
    setting: Setting,
}

/// How a trial went.
struct Outcome {
    /// What went wrong: all that the trial printed.
    failure: Option<String>,
    took: Duration,
}

impl Trial {
    /// All that a transport can be asked: those about sockets, if it is over sockets.
    fn all<H: Harness>() -> impl Iterator<Item = Self> {
        let all =
            cases::all().flat_map(|case| case.settings.iter().map(|setting| Self { case: *case, setting: *setting }));
        all.filter(|trial| H::SOCKETS || trial.setting != Setting::Sockets)
    }

    /// Those that are run if nobody asks for more.
    fn usual<H: Harness>() -> impl Iterator<Item = Self> {
        let each = std::env::var_os("CONFORMANCE_SWAPPED").is_some();
        Self::all::<H>().filter(move |trial| {
            let is_swapped = trial.setting == Setting::ProcessesSwapped;
            each || !is_swapped || OF_THE_ROLES.contains(&trial.case.clause)
        })
    }

    fn name(&self) -> String {
        format!("{}::{}::{}", self.case.clause, self.case.name, self.setting)
    }

    /// Runs it in a process of its own: this program again.
    fn run(&self, transport: &str, seed: u64) -> Outcome {
        let started = Instant::now();
        let failure = self.output(transport, seed).err();
        Outcome { failure, took: started.elapsed() }
    }

    fn output(&self, transport: &str, seed: u64) -> Result<(), String> {
        let program = std::env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
        let output = Command::new(program)
            .args([CASE, transport, &self.name(), &seed.to_string()])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("the case cannot be started: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Err(format!("{}\nseed {seed}\n{}{}", output.status, texts[0], texts[1]))
    }
}

/// The transport that the arguments name, if they are those of a case or of a peer.
pub(crate) fn transport(args: &[OsString]) -> Option<&str> {
    match args {
        [_, case, transport, ..] if case == CASE => transport.to_str(),
        _ => crate::peer::transport(args),
    }
}
