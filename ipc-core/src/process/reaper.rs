//! The thread that a child has for its life.

use std::{
    io,
    process::{Child, Command},
    sync::mpsc::{Sender, channel},
    thread,
};

use rustix::{
    io::retry_on_intr,
    process::{Pid, WaitId, WaitIdOptions, waitid},
};

use super::{ExitWatch, Process};

/// Spawns the command on a thread of its own, which later reaps it. The process comes without a stream.
pub(super) fn spawn(command: Command, program: String) -> io::Result<Process> {
    let (report, reported) = channel();
    thread::Builder::new().name("ipc-reaper".into()).spawn(move || live(command, program, &report))?;
    reported.recv().map_err(|_| io::Error::other("the thread that spawns has panicked"))?
}

fn live(mut command: Command, program: String, report: &Sender<io::Result<Process>>) {
    let spawned = command.spawn();
    // It owns our copy of the child's end of the stream: as long as that is open the stream does not end with the child.
    drop(command);
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            // Nobody but the spawning call can be gone, and it waits.
            let _ = report.send(Err(error));
            return;
        }
    };
    let exit = ExitWatch::new(program, child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let _ = report.send(Ok(Process { exit: exit.clone(), stream: None, stdin, stdout, stderr }));
    wait_for_end(&child);
    exit.reap(|| child.wait());
}

/// Waits without reaping: the process id must stay the child's until nobody can signal it any more.
fn wait_for_end(child: &Child) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        // An error means that there is no such child any more, which the reaping finds out too.
        let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
    }
}
