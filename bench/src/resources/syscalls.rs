//! System calls, counted by the kernel where it lets us.

use std::{fs, io, path::Path};

use perf_event::{Builder, Counter, events::Tracepoint};

/// Where the number of the kernel's event stands.
const EVENT: [&str; 2] = [
    "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
    "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
];

/// Counts the system calls of all threads of a process, also of those to come, as long as it exists: then every process of
/// the machine is slower.
pub(crate) struct Syscalls(Vec<Counter>);

impl Syscalls {
    /// Starts counting.
    ///
    /// # Errors
    ///
    /// The kernel does not let us: it takes root or `CAP_PERFMON`, and a mounted tracefs.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let id = EVENT.iter().map(|path| fs::read_to_string(Path::new(path))).find(Result::is_ok);
        let id = id.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))?;
        let event = Tracepoint::with_id(id.trim().parse().map_err(io::Error::other)?);
        let mut counters = Vec::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let Some(thread) = thread?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            match Builder::new(event).observe_pid(thread).any_cpu().include_kernel().inherit(true).build() {
                Ok(counter) => counters.push(counter),
                // It ended meanwhile.
                Err(e) if e.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {}
                Err(e) => return Err(e),
            }
        }
        counters.iter_mut().try_for_each(Counter::enable)?;
        Ok(Self(counters))
    }

    /// How many there were since.
    ///
    /// # Errors
    ///
    /// The kernel's.
    pub(crate) fn count(&mut self) -> io::Result<u64> {
        self.0.iter_mut().map(Counter::read).sum()
    }
}
