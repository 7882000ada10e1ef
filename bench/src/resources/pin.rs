//! Cores that processes are bound to.

use std::{fmt, io, str::FromStr};

use rustix::thread::{CpuSet, sched_setaffinity};
use serde::{Deserialize, Serialize};

/// The cores of the caller and of the server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub(crate) caller: usize,
    pub(crate) server: usize,
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let core = |text: &str| match text.parse() {
            Ok(core) if core < CpuSet::MAX_CPU => Ok(core),
            _ => Err(format!("expected one core or two, such as 0 or 0,1; {text:?} is none")),
        };
        let (caller, server) = text.split_once(',').unwrap_or((text, text));
        Ok(Self { caller: core(caller)?, server: core(server)? })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.caller == self.server {
            write!(f, "both processes on core {}", self.caller)
        } else {
            write!(f, "caller on core {}, server on core {}", self.caller, self.server)
        }
    }
}

/// Binds this thread, and all that it will start, to a core.
pub(crate) fn pin(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(|e| io::Error::other(format!("cannot run on core {core}: {e}")))
}
