//! How long calls take.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use ipc_core::Result;

/// How much is measured for each case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    /// Before the first round, and before each round of new threads a tenth of it.
    pub(crate) warm_up: Duration,
    /// A round of the case.
    pub(crate) round: Duration,
    /// A round of the baseline; one precedes and one follows each of the case.
    pub(crate) baseline: Duration,
}

impl Plan {
    pub(crate) fn new(quick: bool, round: Option<Duration>) -> Self {
        let round = round.unwrap_or(Duration::from_millis(if quick { 250 } else { 1000 }));
        Self { rounds: if quick { 5 } else { 9 }, warm_up: round, round, baseline: round / 3 }
    }
}

/// The calls of one or more rounds.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    nanoseconds: Histogram<u64>,
    elapsed: Duration,
}

impl Sample {
    pub(crate) fn empty() -> Self {
        // Three digits at every size: it grows with what is recorded.
        let nanoseconds = Histogram::new(3).expect("3 digits are within the bounds of the histogram");
        Self { nanoseconds, elapsed: Duration::ZERO }
    }

    /// Adds a round that came after the others.
    pub(crate) fn add(&mut self, other: &Self) {
        self.merge(other);
        self.elapsed += other.elapsed;
    }

    pub(crate) fn median_us(&self) -> f64 {
        self.quantile_us(0.5)
    }

    pub(crate) fn p99_us(&self) -> f64 {
        self.quantile_us(0.99)
    }

    pub(crate) fn calls_per_s(&self) -> f64 {
        self.nanoseconds.len() as f64 / self.elapsed.as_secs_f64()
    }

    fn quantile_us(&self, quantile: f64) -> f64 {
        self.nanoseconds.value_at_quantile(quantile) as f64 / 1000.0
    }

    fn record(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.record(nanoseconds).expect("a histogram that grows takes every value");
    }

    fn merge(&mut self, other: &Self) {
        self.nanoseconds.add(&other.nanoseconds).expect("a histogram that grows takes every value");
    }
}

/// Calls again and again on this thread, at least once.
pub(crate) fn on_this_thread(duration: Duration, mut call: impl FnMut() -> Result<()>) -> Result<Sample> {
    let mut sample = Sample::empty();
    let start = Instant::now();
    let mut before = start;
    while sample.nanoseconds.is_empty() || before - start < duration {
        call()?;
        let after = Instant::now();
        sample.record(after - before);
        before = after;
    }
    sample.elapsed = before - start;
    Ok(sample)
}

/// The same on so many new threads at once, after a warm-up on each.
pub(crate) fn on_threads(
    threads: usize,
    warm_up: Duration,
    duration: Duration,
    call: impl Fn() -> Result<()> + Sync,
) -> Result<Sample> {
    let ready = Barrier::new(threads);
    let samples = thread::scope(|scope| {
        let run = || {
            let warm = on_this_thread(warm_up, &call);
            ready.wait();
            warm.and_then(|_| on_this_thread(duration, &call))
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut all = Sample::empty();
    for sample in samples {
        all.merge(&sample);
        // All begin together: the slowest one's last call ends the round.
        all.elapsed = all.elapsed.max(sample.elapsed);
    }
    Ok(all)
}
