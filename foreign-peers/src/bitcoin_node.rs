//! A real `bitcoin-node` on regtest. The variable `BITCOIN_NODE` says where the program is.

pub mod blocks;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long the program may take for a line or to end, on a busy machine, before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many blocks it [begins](BitcoinNode::start) with. Bitcoin Core 31 makes no template for any of these.
pub const BLOCKS: u32 = 16;

/// One with a chain of its own, in a directory of its own, until this is dropped. It talks to nobody and listens at nothing
/// but its socket.
pub struct BitcoinNode {
    child: Child,
    dir: TempDir,
    lines: Receiver<String>,
}

impl BitcoinNode {
    /// Starts one with [`BLOCKS`] of today, and waits until it listens and has them.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or ends before.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("cannot make a directory for a node");
        let file = dir.path().join("blocks");
        fs::write(&file, blocks::file(BLOCKS)).expect("cannot write blocks for a node");
        // That check fails where blocks are imported before there is a first one.
        let args = [format!("-loadblock={}", file.display()), "-checkblockindex=0".into()];
        Self::start_in(dir, &args)
    }

    /// Starts one with the first block alone, and waits until it listens.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or ends before.
    pub fn start_empty() -> Self {
        let dir = tempfile::tempdir().expect("cannot make a directory for a node");
        Self::start_in(dir, &[])
    }

    fn start_in(dir: TempDir, args: &[String]) -> Self {
        let program = program();
        let mut child = Command::new(&program)
            .args([
                "-regtest",
                "-ipcbind=unix",
                "-server=0",
                "-listen=0",
                "-connect=0",
                "-printtoconsole=1",
                "-debug=ipc",
            ])
            .arg(format!("-datadir={}", dir.path().display()))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("BITCOIN_NODE: expected a bitcoin-node at {}: {error}", program.display()));
        let lines = lines(child.stdout.take().expect("it is piped"));
        let this = Self { child, dir, lines };
        this.line("Listening for IPC requests");
        // It has its blocks, and the first one anyway.
        this.line("initload thread exit");
        this
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("capnp+unix:{}", self.dir.path().join("regtest/node.sock").display())
    }

    /// Waits until it has received a call of this method: a further one each time.
    ///
    /// # Panics
    ///
    /// If it ends before.
    pub fn receives(&self, method: &str) {
        self.line(&format!("{method}$Params"));
    }

    /// Waits for a line of its log that contains this.
    fn line(&self, text: &str) {
        let mut seen = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("expected a line of bitcoin-node with {text:?}, got:\n{}", seen.join("\n"));
            };
            if line.contains(text) {
                return;
            }
            seen.push(line);
        }
    }

    /// Asks it to stop, as systemd does.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub fn terminate(&self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a child has a number");
        kill_process(pid, Signal::TERM).expect("it is our child");
    }

    /// Ends it in the middle of whatever it does.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is our child");
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn finish(mut self) -> ExitStatus {
        let mut last = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => last.push(line),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("it is our child"),
                Err(RecvTimeoutError::Timeout) => panic!("bitcoin-node does not end:\n{}", last.join("\n")),
            }
        }
    }

    /// Whether it runs.
    ///
    /// # Panics
    ///
    /// If the operating system does not tell.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }
}

impl Drop for BitcoinNode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the program is.
///
/// # Panics
///
/// If nobody says so.
fn program() -> PathBuf {
    let program = env::var_os("BITCOIN_NODE").filter(|program| !program.is_empty());
    program.expect("this test needs a bitcoin-node: set BITCOIN_NODE to its path").into()
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}
