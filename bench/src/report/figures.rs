//! The figures of one case over one transport: a line of the table, an object of the JSON.

use std::{error::Error, fmt, fs::File, path::Path};

use serde::{Deserialize, Serialize};

use crate::measure::Sample;

/// A baseline that moved by more than this within a case makes its ratio doubtful.
const STEADY: f64 = 1.3;

/// So few calls have no 99.9th percentile.
const THOUSAND: u64 = 1000;

/// One case over one transport. What does not apply is absent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) transport: String,
    pub(crate) case: String,
    pub(crate) threads: usize,
    pub(crate) median_us: f64,
    pub(crate) p99_us: f64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) p999_us: Option<f64>,
    /// Of all callers together.
    pub(crate) calls_per_s: f64,
    /// Of the payload, in 10^6 bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) mb_per_s: Option<f64>,
    /// The median over the socket's.
    pub(crate) ratio: f64,
    /// Where there are several callers: their calls a second over those of one alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) of_one_thread: Option<f64>,
    /// Processor time of a call, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) cpu_us: Option<PerCall>,
    /// System calls of a call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) syscalls: Option<PerCall>,
    /// The memory of one, in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) memory: Option<Bytes>,
    /// What the ratio is to.
    pub(crate) baseline: String,
    pub(crate) baseline_us: f64,
    /// The baseline's slowest round over its fastest.
    pub(crate) baseline_moved: f64,
    /// Quantiles and their microseconds.
    pub(crate) distribution: Vec<(f64, f64)>,
}

/// Something of each side's, for one call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct PerCall {
    pub(crate) client: f64,
    /// `None` where both sides live in one process.
    pub(crate) server: Option<f64>,
}

/// Memory on each side.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Bytes {
    pub(crate) client: u64,
    /// `None` where both sides live in one process.
    pub(crate) server: Option<u64>,
}

impl Figures {
    pub(crate) fn new(
        transport: &str,
        case: &str,
        threads: usize,
        sample: &Sample,
        ratio: impl Into<Option<f64>>,
    ) -> Self {
        let quantile = |quantile| sample.quantile_us(quantile);
        Self {
            transport: transport.into(),
            case: case.into(),
            threads,
            median_us: sample.median_us(),
            p99_us: quantile(0.99),
            p999_us: (sample.calls() >= THOUSAND).then(|| quantile(0.999)),
            calls_per_s: (sample.calls_per_s() * 10.0).round() / 10.0,
            mb_per_s: None,
            // Every case has a round.
            ratio: rounded(ratio.into().unwrap_or(0.0)),
            of_one_thread: None,
            cpu_us: None,
            syscalls: None,
            memory: None,
            baseline: String::new(),
            baseline_us: 0.0,
            baseline_moved: 1.0,
            distribution: sample.distribution(),
        }
    }

    pub(crate) fn with_baseline(self, name: &str, (baseline_us, moved): (f64, f64)) -> Self {
        Self { baseline: name.into(), baseline_us: rounded(baseline_us), baseline_moved: rounded(moved), ..self }
    }

    pub(crate) fn with_payload(self, bytes: Option<usize>) -> Self {
        let mb_per_s = bytes.map(|bytes| rounded(self.calls_per_s * bytes as f64 / 1e6));
        Self { mb_per_s, ..self }
    }

    pub(crate) fn with_one_caller(self, factor: Option<f64>) -> Self {
        Self { of_one_thread: factor.map(rounded), ..self }
    }

    pub(crate) fn with_cpu(self, cpu: PerCall) -> Self {
        Self { cpu_us: Some(cpu.rounded()), ..self }
    }

    pub(crate) fn with_syscalls(self, syscalls: Option<PerCall>) -> Self {
        Self { syscalls: syscalls.map(PerCall::rounded), ..self }
    }

    pub(crate) fn with_bytes(self, memory: Bytes) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// Whether the socket was about as fast all the time.
    pub(crate) fn is_steady(&self) -> bool {
        self.baseline_moved <= STEADY
    }
}

impl Bytes {
    /// Of both sides.
    pub(crate) fn all(self) -> u64 {
        self.client + self.server.unwrap_or(0)
    }
}

/// Both sides, as far as there are two.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.client)?;
        self.server.map_or(Ok(()), |server| write!(f, " + {server}"))
    }
}

impl PerCall {
    fn rounded(self) -> Self {
        Self { client: rounded(self.client), server: self.server.map(rounded) }
    }
}

/// More digits would only pretend.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub(crate) fn write_json(path: &Path, rows: &[Figures]) -> Result<(), Box<dyn Error>> {
    let file = File::create(path).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    serde_json::to_writer_pretty(file, rows)?;
    Ok(())
}
