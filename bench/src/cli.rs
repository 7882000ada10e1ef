//! The command line.

use std::path::PathBuf;

use crate::pin::Pin;

/// Compares the transports' throughput and latency.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Measures the same work over each transport, and over a bare socket in between.
    Compare(Compare),
    /// Serves the work to the process that spawned this one.
    #[command(hide = true)]
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Measures for a few seconds a transport instead of a minute.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The core that both processes run on, or two: the caller's and the server's. Without it they run where they like.
    #[arg(long, value_name = "CORE[,CORE]")]
    pub(crate) pin: Option<Pin>,
    /// Writes the rows to this file too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Measures this transport only, or `socket`; may be given several times.
    #[arg(long = "transport", value_name = "NAME", value_parser = crate::transports::names())]
    pub(crate) transports: Vec<String>,
    /// Measures this case only; may be given several times.
    #[arg(long = "case", value_name = "NAME", value_parser = crate::cases::names())]
    pub(crate) cases: Vec<String>,
    /// How long a round of a case takes, in milliseconds, instead of what `--quick` says.
    #[arg(long, value_name = "MS", hide = true)]
    pub(crate) round_ms: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    pub(crate) transport: String,
    #[arg(long)]
    pub(crate) core: Option<usize>,
}
