//! Compares the transports: the same work over each of them, from one process to another, held against a bare socket.
//!
//! The program spawns itself, once for each transport and once for the socket. [`cases`] says what is called,
//! [`compare`] how rounds of it and of the baseline alternate, [`transports`] who takes part.
// Without any transport the socket is alone, and what it does not need stays for the others.
#![cfg_attr(not(feature = "capnp"), allow(dead_code))]

mod cases;
mod cli;
mod compare;
mod measure;
mod pin;
mod report;
mod spawn;
mod transports;
mod work;

use std::{env, error::Error};

use clap::Parser as _;
use ipc_core::spawned;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().collect();
    let stream = spawned::from_args(&mut args)?;
    match (cli::Cli::parse_from(args).command, stream) {
        (cli::Command::Compare(options), _) => compare::compare(&options),
        (cli::Command::Serve(options), Some(stream)) => spawn::serve(&options, stream),
        (cli::Command::Serve(_), None) => Err("`serve` is what `compare` spawns: it needs -ipcfd N".into()),
    }
}
