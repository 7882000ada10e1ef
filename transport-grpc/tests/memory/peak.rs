//! The most that this process holds.

use std::fs;

use tokio::sync::{Mutex, MutexGuard};

/// Measures from its beginning on, one test at a time.
pub(crate) struct Peak(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Peak {
    pub(crate) async fn measure() -> Self {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        // The measurement begins anew, see proc(5).
        fs::write("/proc/self/clear_refs", "5").unwrap();
        Self(alone)
    }

    /// The most bytes that were in memory since.
    pub(crate) fn bytes(&self) -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }
}
