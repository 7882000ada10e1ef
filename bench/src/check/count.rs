//! Instructions, counted by valgrind: a busy machine does not change them.
//!
//! This program runs under callgrind twice, with a step done few times and often; the difference is the step's. So start-up,
//! and what is done once, drop out. Calls are counted on both sides, in their two processes.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs, io, iter,
    num::NonZero,
    panic,
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
};

use super::watched;
use crate::{cli::Count, job::Job, micro, peers, process::Server};

/// What precedes the name of a call.
const CALL: &str = "call";

/// The calls that are counted.
const CALLS: [(&str, Job); 6] = [
    ("add", Job::Add),
    ("add_no_context", Job::AddNoContext),
    ("struct_20_fields", Job::Twenty),
    ("bytes_1mib_result", Job::Result(1 << 20)),
    ("callback_nested", Job::Nested(1)),
    ("object", Job::Object),
];

/// How often something is done: few times, and often.
type Times = [u64; 2];

/// Steps are the same each time.
const STEP_TIMES: Times = [5, 25];
/// Calls are not quite: threads wait for each other.
const CALL_TIMES: Times = [100, 600];
/// A large message is more than what varies.
const LARGE: Times = [10, 60];

/// Does something so many times: what is run under valgrind.
pub(crate) fn run(options: &Count) -> Result<(), Box<dyn Error>> {
    if let [CALL, transport, call] = options.name.split(' ').collect::<Vec<_>>()[..] {
        let (_, job) = CALLS.into_iter().find(|(name, _)| *name == call).ok_or("there is no such call")?;
        let peer = peers::named(transport)?;
        let server = (!peer.in_process()).then(|| Server::spawn(transport, None)).transpose()?;
        let mut client = peer.connect(server.as_ref().map_or(Path::new(""), Server::path))?;
        client.times(job, options.times)?;
        drop(client);
        return Ok(server.map_or(Ok(()), Server::end)?);
    }
    let step = micro::steps().into_iter().find(|step| step.name == options.name);
    (step.ok_or("there is no such step")?.run)(options.times);
    Ok(())
}

/// Whether it is the name of a call, not of a step.
pub(super) fn is_call(name: &str) -> bool {
    name.split(' ').next() == Some(CALL)
}

/// The instructions of each step once, and of each call once; counted side by side, which does not change them.
pub(super) fn counts() -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let steps = micro::steps().into_iter().filter(|step| !step.threads);
    let steps = steps.map(|step| (step.name.to_owned(), STEP_TIMES));
    let call = |transport| CALLS.map(|(call, job)| (format!("{CALL} {transport} {call}"), call_times(job)));
    let todo = Mutex::new(steps.chain(watched().flat_map(call)));
    let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).next();
    let count_some = || -> Result<Vec<_>, String> {
        iter::from_fn(next).map(|(name, times)| Ok((name.clone(), once(&name, times)?))).collect()
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let all: Vec<_> = (0..cores).map(|_| scope.spawn(count_some)).collect();
        all.into_iter().try_fold(BTreeMap::new(), |mut counts, some| {
            counts.extend(some.join().unwrap_or_else(|panic| panic::resume_unwind(panic))?);
            Ok(counts)
        })
    })
}

fn call_times(job: Job) -> Times {
    if matches!(job, Job::Result(_)) { LARGE } else { CALL_TIMES }
}

/// What doing it often takes more than doing it a few times, for each time more.
fn once(name: &str, [few, often]: Times) -> Result<f64, String> {
    let more = count(name, often)?.saturating_sub(count(name, few)?);
    Ok(more as f64 / (often - few) as f64)
}

/// The instructions of doing it so many times.
fn count(name: &str, times: u64) -> Result<u64, String> {
    let failed = |e: io::Error| format!("cannot count {name}: {e}");
    let dir = tempfile::tempdir().map_err(failed)?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--trace-children=yes", "--quiet"])
        .arg(format!("--callgrind-out-file={}/%p", dir.path().display()))
        .arg(env::current_exe().map_err(failed)?)
        .args(["count", name, &times.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|e| format!("counting instructions needs valgrind (Debian: apt install valgrind): {e}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed under valgrind: {}\n{why}", output.status));
    }
    let mut instructions = 0;
    for file in fs::read_dir(dir.path()).map_err(failed)? {
        let file = fs::read_to_string(file.map_err(failed)?.path()).map_err(failed)?;
        instructions += total(&file).ok_or("callgrind wrote a file without a total")?;
    }
    Ok(instructions)
}

/// What the file says of its process as a whole, all of its threads.
fn total(file: &str) -> Option<u64> {
    file.lines().rev().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_last_line() {
        let file = "events: Ir\nfn=(1) main\n16 3\ntotals: 12345\n";
        assert_eq!(total(file), Some(12345));
        assert_eq!(total("events: Ir\n"), None);
    }
}
