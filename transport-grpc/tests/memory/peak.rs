//! The most memory that this process takes.

use peak_alloc::PeakAlloc;
use tokio::sync::{Mutex, MutexGuard};

/// What is allocated, not what the system has given for it: that is kept from one test to the next.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Measures from its beginning on, one test at a time.
pub(crate) struct Peak {
    before: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Peak {
    pub(crate) async fn measure() -> Self {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        ALLOCATOR.reset_peak_usage();
        Self { before: ALLOCATOR.current_usage(), _alone: alone }
    }

    /// The most bytes that were allocated since, beside those that were before.
    pub(crate) fn bytes(&self) -> usize {
        ALLOCATOR.peak_usage().saturating_sub(self.before)
    }
}
