//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use crate::resources::Pin;

/// Compares the transports' throughput and latency.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Measures the same work over each transport and its peers, and over a bare socket in between.
    Compare(Compare),
    /// Measures one case over one transport for the process that spawned this one.
    #[command(hide = true)]
    Call(Call),
    /// Serves the work to the process that spawned this one.
    #[command(hide = true)]
    Serve(Serve),
    /// Does something so many times, for a tool that counts instructions.
    #[command(hide = true)]
    Count(Count),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Measures a few cases only, all within a minute; otherwise it is the better part of an hour.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The core that both processes run on, or two: the caller's and the server's. Without it they run where they like.
    #[arg(long, value_name = "CORE[,CORE]")]
    pub(crate) pin: Option<Pin>,
    /// Writes the figures to this file too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes a page with plots, complete in itself, to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Measures this transport only, or one of its peers, or `socket`; may be given several times.
    #[arg(long = "transport", value_name = "NAME", value_parser = PossibleValuesParser::new(crate::peers::names()))]
    pub(crate) transports: Vec<String>,
    /// Measures this case only; may be given several times.
    #[arg(long = "case", value_name = "NAME", value_parser = PossibleValuesParser::new(crate::cases::names()))]
    pub(crate) cases: Vec<String>,
    /// How long a round of a case takes, in milliseconds, instead of what suits the number of cases.
    #[arg(long, value_name = "MS")]
    pub(crate) round_ms: Option<u64>,
    /// Measures nothing else but what the committed baseline holds, and fails where it got worse by more than the tolerance
    /// that stands there: instructions, which a busy machine does not change, or ratios, or both.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub(crate) check: Option<Check>,
    /// With `--check`: makes what is measured the baseline, instead of failing.
    #[arg(long, requires = "check")]
    pub(crate) update_baseline: bool,
}

/// What is held against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Check {
    /// Instructions; needs valgrind.
    Counts,
    /// Times, over the socket's.
    Ratios,
    /// Both.
    All,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// What to measure, as JSON.
    pub(crate) order: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    pub(crate) transport: String,
    pub(crate) path: PathBuf,
    #[arg(long)]
    pub(crate) core: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Count {
    pub(crate) name: String,
    pub(crate) times: u64,
}
