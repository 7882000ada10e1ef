//! The committed baseline: ratios and instructions, which travel between machines better than times do.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Where it is, from the root of the checkout.
pub(super) const PATH: &str = "bench/baseline.json";

const COMPILER: &str = env!("BENCH_RUSTC");

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    /// What compiled what it was measured with.
    pub(super) made_with: String,
    pub(super) tolerance: Tolerance,
    /// Of one step or one call, user space only; of a call on both sides.
    pub(super) instructions: BTreeMap<String, f64>,
    /// Over the bare socket's time, for each transport and case.
    pub(super) ratios: BTreeMap<String, f64>,
}

/// How much more is no regression yet: 0.1 is ten per cent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tolerance {
    /// Of a step's instructions, which hardly differ between runs; with another compiler, that of calls counts.
    pub(super) steps: f64,
    /// Of a call's: its threads wait for each other now in one order, now in another.
    pub(super) calls: f64,
    pub(super) ratios: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { steps: 0.1, calls: 0.15, ratios: 0.4 }
    }
}

impl Baseline {
    /// Reads it; an absent one is empty, so that it can be made.
    pub(super) fn read() -> Result<Self, Box<dyn Error>> {
        match fs::read(path()) {
            Ok(text) => serde_json::from_slice(&text).map_err(|e| format!("{PATH} is no baseline: {e}").into()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(format!("cannot read {PATH}: {e}").into()),
        }
    }

    /// Whether its instructions may be expected to the last one.
    pub(super) fn is_of_this_compiler(&self) -> bool {
        self.made_with.is_empty() || self.made_with == COMPILER
    }

    pub(super) fn write(mut self) -> Result<(), Box<dyn Error>> {
        self.made_with = COMPILER.into();
        for value in self.instructions.values_mut() {
            *value = value.round();
        }
        fs::write(path(), serde_json::to_string_pretty(&self)? + "\n")
            .map_err(|e| format!("cannot write {PATH}: {e}").into())
    }
}

/// Beside the sources that this program was built from.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json")
}
