//! What calls cost beside time: processor, memory, system calls. And which core they run on.

mod pin;
mod syscalls;

use std::{fs, time::Duration};

use ipc_core::Result;
use rustix::time::{ClockId, clock_gettime};

use crate::process::io_failed;

pub(crate) use pin::{Pin, pin};
pub(crate) use syscalls::Syscalls;

/// The processor time that this process has used so far, of all its threads.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The memory that a process has for itself, in bytes.
///
/// # Errors
///
/// There is no such process.
pub(crate) fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).map_err(io_failed)?;
    let field = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = field.and_then(|field| field.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io_failed(std::io::ErrorKind::Unsupported.into()))
}
