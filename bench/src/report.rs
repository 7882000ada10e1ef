//! What is told: a line about the machine, a table, and JSON.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    path::Path,
};

use rustix::system::uname;
use serde::Serialize;

use crate::{measure::Sample, pin::Pin, transports::Contender};

/// One case over one transport.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    transport: &'static str,
    case: &'static str,
    threads: usize,
    median_us: f64,
    p99_us: f64,
    /// Of all threads together.
    calls_per_s: f64,
    /// The median over the baseline's.
    ratio: f64,
    /// Where there are several threads: their calls a second over those of one thread alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_one_thread: Option<f64>,
}

impl Row {
    pub(crate) fn new(
        transport: &'static str,
        case: &'static str,
        threads: usize,
        sample: &Sample,
        ratio: f64,
    ) -> Self {
        let (median_us, p99_us) = (sample.median_us(), sample.p99_us());
        Self {
            transport,
            case,
            threads,
            median_us,
            p99_us,
            calls_per_s: sample.calls_per_s().round(),
            ratio: rounded(ratio),
            of_one_thread: None,
        }
    }

    pub(crate) fn with_one_thread(self, factor: f64) -> Self {
        Self { of_one_thread: Some(rounded(factor)), ..self }
    }
}

/// More digits would only pretend.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, case, threads, median_us, p99_us, calls_per_s, ratio, of_one_thread } = self;
        write!(
            f,
            "{transport:<10} {case:<18} {threads:>7} {median_us:>11.1} {p99_us:>11.1} {calls_per_s:>11.0} {ratio:>7.2}"
        )?;
        match of_one_thread {
            Some(factor) => write!(f, "  {factor:.2} of one thread's calls/s"),
            None => Ok(()),
        }
    }
}

/// The line above the rows.
pub(crate) fn heading() -> String {
    format!(
        "{:<10} {:<18} {:>7} {:>11} {:>11} {:>11} {:>7}",
        "transport", "case", "threads", "median µs", "p99 µs", "calls/s", "ratio"
    )
}

/// What the figures depend on.
pub(crate) fn header(contenders: &[Contender], pin: Option<Pin>) -> String {
    let kernel = uname();
    let mut parts = vec![
        machine(),
        format!("{} {}", kernel.sysname().to_string_lossy(), kernel.release().to_string_lossy()),
        env!("BENCH_RUSTC").into(),
    ];
    let crates = contenders.iter().flat_map(|contender| contender.crates);
    parts.extend(crates.filter_map(|name| Some(format!("{name} {}", locked_version(name)?))));
    parts.push(pin.map_or_else(|| "not pinned".into(), |pin| pin.to_string()));
    if cfg!(debug_assertions) {
        parts.push("A DEBUG BUILD: these figures mean nothing".into());
    }
    parts.join("; ")
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.into());
    let all = info.lines().filter(|line| line.starts_with("processor")).count().max(cores);
    format!("{model}, {all} cores")
}

/// The version that this workspace's lockfile names.
fn locked_version(name: &str) -> Option<&'static str> {
    let (_, package) = include_str!("../../Cargo.lock").split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(package.split_once('"')?.0)
}

pub(crate) fn write_json(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let file = File::create(path).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    serde_json::to_writer_pretty(file, rows)?;
    Ok(())
}
