//! Compares the transports: the same work over each of them and over their peers, from one process to another, held
//! against a bare socket.
//!
//! The program spawns itself. `compare` asks for the figures of one case over one peer at a time: each comes from a caller
//! process of its own (`caller`), which spawns the peer's server and the socket's (`server`). `cases` says what is called,
//! `peers` who takes part, `measure` how rounds of the case and of the socket alternate, `report` what is told. `micro` is
//! what happens inside of a call, for `cargo bench` and for counting instructions.

mod caller;
mod cases;
mod check;
mod cli;
mod client;
mod compare;
mod job;
mod measure;
pub mod micro;
mod peers;
mod process;
mod report;
mod resources;
mod work;

use std::{env, error::Error, process::ExitCode};

use clap::Parser as _;
use ipc_core::spawned;

/// Runs the command line's command.
pub fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = env::args_os().collect();
    let stream = spawned::from_args(&mut args)?;
    match (cli::Cli::parse_from(args).command, stream) {
        (cli::Command::Compare(options), _) => compare::compare(&options),
        (cli::Command::Call(options), Some(stream)) => caller::run(&options, stream).map(|()| ExitCode::SUCCESS),
        (cli::Command::Serve(options), Some(stream)) => process::serve(&options, stream).map(|()| ExitCode::SUCCESS),
        (cli::Command::Count(options), _) => check::count::run(&options).map(|()| ExitCode::SUCCESS),
        (cli::Command::Call(_) | cli::Command::Serve(_), None) => {
            Err("this is a command that `compare` spawns: it needs -ipcfd N".into())
        }
    }
}
