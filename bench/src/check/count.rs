//! Instructions, counted by valgrind: a busy machine does not change them.
//!
//! This program runs under callgrind twice, with a step done few times and often; the difference is the step's. So start-up,
//! and what is done once, drop out. Calls are counted on both sides, in their two processes.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
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

/// Few times and often, of a step, and of a call.
const STEP_TIMES: (u64, u64) = (10, 60);
const CALL_TIMES: (u64, u64) = (100, 600);

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

/// The instructions of each step once, and of each call once.
pub(super) fn counts() -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let steps = micro::steps().into_iter().map(|step| (step.name.to_owned(), STEP_TIMES));
    let call = |transport| CALLS.map(|(call, _)| (format!("{CALL} {transport} {call}"), CALL_TIMES));
    let mut counts = BTreeMap::new();
    for (name, (few, often)) in steps.chain(watched().flat_map(call)) {
        let (few, often) = (count(&name, few)?, count(&name, often)?);
        let times = often.times - few.times;
        counts.insert(name, often.instructions.saturating_sub(few.instructions) as f64 / times as f64);
    }
    Ok(counts)
}

struct Counted {
    times: u64,
    instructions: u64,
}

fn count(name: &str, times: u64) -> Result<Counted, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--trace-children=yes", "--quiet"])
        .arg(format!("--callgrind-out-file={}/%p", dir.path().display()))
        .arg(env::current_exe()?)
        .args(["count", name, &times.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|e| format!("counting instructions needs valgrind (Debian: apt install valgrind): {e}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed under valgrind: {}\n{why}", output.status).into());
    }
    let mut instructions = 0;
    for file in fs::read_dir(dir.path())? {
        instructions += total(&fs::read_to_string(file?.path())?).ok_or("callgrind wrote a file without a total")?;
    }
    Ok(Counted { times, instructions })
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
