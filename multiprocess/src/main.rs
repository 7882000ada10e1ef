//! A node, a wallet and a miner in one executable, each in a process of its own.
//!
//! `multiprocess node` holds a chain and serves it. `multiprocess wallet` asks a node, which it spawns unless it is told
//! where one listens. `multiprocess mine` mines on any node that serves Bitcoin Core's interfaces. A spawned node is the same executable with the two arguments `-ipcfd N`, as in Bitcoin Core; its
//! options reach it through the interface `Init`.

mod chain;
mod cli;
mod log;
mod mine;
mod node;
mod signals;
mod tls;
mod wallet;

use std::{error::Error, ffi::OsString, process::ExitCode};

use crate::cli::{Cli, Command};

/// Whatever ends a program early; people read it.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run(std::env::args_os().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Vec<OsString>) -> Result<(), Failure> {
    if let Some(parent) = ipc::spawned(&mut args)? {
        if let Some(extra) = args.get(1) {
            return Err(format!("a spawned node takes no argument after -ipcfd N, got {}", extra.display()).into());
        }
        return node::run_spawned(parent);
    }
    match Cli::read(args).unwrap_or_else(|error| error.exit()).command {
        Command::Node(args) => node::run(&args),
        Command::Wallet(args) => wallet::run(args),
        Command::Mine(args) => mine::run(&args),
    }
}
