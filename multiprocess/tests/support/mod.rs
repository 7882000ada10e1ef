//! Running the program, and waiting for what it prints.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a line may take on a busy machine before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// The hash of mainnet's genesis block.
pub(crate) const GENESIS: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

/// The program, running.
pub(crate) struct Program {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

/// The program after its end, and that of every process that shared its standard streams.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// The lines that nobody has taken yet.
    pub(crate) out: Vec<String>,
    pub(crate) err: Vec<String>,
}

impl Program {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_multiprocess"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line on standard output.
    pub(crate) fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).expect("a line on standard output")
    }

    /// The next line on standard error that contains these texts.
    pub(crate) fn error_line(&self, texts: &[&str]) -> String {
        loop {
            let line = self.err.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("a line with {texts:?}"));
            if texts.iter().all(|text| line.contains(text)) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Waits for the end, and for that of its children.
    pub(crate) fn finish(mut self) -> Finished {
        let rest = |lines: &Receiver<String>| {
            let mut rest = Vec::new();
            loop {
                match lines.recv_timeout(PATIENCE) {
                    Ok(line) => rest.push(line),
                    Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return rest,
                    Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it does not end, and printed {rest:?}"),
                }
            }
        };
        let (out, err) = (rest(&self.out), rest(&self.err));
        Finished { status: self.child.wait().unwrap(), out, err }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Finished {
    Program::start(args).finish()
}

/// Sends a signal to any process.
pub(crate) fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// The number that follows these words.
pub(crate) fn number_after(line: &str, words: &str) -> u32 {
    let rest = line.split_once(words).unwrap_or_else(|| panic!("{words:?} in {line:?}")).1.trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// A node that listens, on regtest unless another is said, in a directory of its own.
pub(crate) struct Node {
    pub(crate) program: Program,
    /// As it prints it.
    pub(crate) address: String,
    /// Gone with this.
    pub(crate) dir: TempDir,
}

impl Node {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_on("regtest", args)
    }

    pub(crate) fn start_on(network: &str, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let own = ["node", "--network", network, "--datadir", dir.path().to_str().unwrap()];
        let program = Program::start(&[&own, args].concat());
        let address = program.line().strip_prefix("listening at ").unwrap().to_owned();
        Self { program, address, dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir().join("node.sock")
    }

    /// The arguments of a wallet that connects to it.
    pub(crate) fn wallet<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [&["wallet", "--ipcconnect", &self.address], args].concat()
    }
}
