//! `multiprocess node`, running.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{LazyLock, mpsc::channel},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// How long a line may take on a busy machine before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(300);

/// The program, as cargo builds it from the workspace.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(build);

/// A node on regtest with a chain of its own, until this is dropped.
pub struct Node {
    child: Child,
    dir: TempDir,
    address: String,
}

impl Node {
    /// Starts one with so many blocks.
    ///
    /// # Panics
    ///
    /// If it cannot be built or does not listen.
    pub fn start(blocks: u32) -> Self {
        Self::listening(blocks, &[])
    }

    /// Starts one with so many blocks, and with these options.
    ///
    /// # Panics
    ///
    /// If it cannot be built or does not listen.
    pub fn listening(blocks: u32, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("cannot make a directory for a node");
        let mut child = Command::new(&*PROGRAM)
            .args(["node", "--network", "regtest", "--mine", &blocks.to_string(), "--datadir"])
            .arg(dir.path())
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the node starts");
        let out = child.stdout.take().expect("it is piped");
        // It is there before the first line can be late.
        let mut this = Self { child, dir, address: String::new() };
        let line = first_line(out);
        this.address = line.strip_prefix("listening at ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        this
    }

    /// The first address that it listens at, as it prints it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for its end, which somebody has asked for.
    ///
    /// # Panics
    ///
    /// If it does not come.
    pub fn end(mut self) -> ExitStatus {
        self.child.wait().expect("a child can be waited for")
    }

    /// The path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("node.sock")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_line(out: impl Read + Send + 'static) -> String {
    let (sender, lines) = channel();
    thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines.recv_timeout(PATIENCE).expect("a line of the node")
}

/// The program `multiprocess` of the workspace.
///
/// # Panics
///
/// If it does not compile.
pub fn program() -> &'static Path {
    &PROGRAM
}

fn build() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--locked", "--package", "multiprocess", "--message-format", "json-render-diagnostics"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the program `multiprocess` does not compile");
    let messages =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    programs.next_back().expect("cargo says where the program is")
}
