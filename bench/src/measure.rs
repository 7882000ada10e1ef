//! How long calls take.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use ipc_core::Result;

/// Where a distribution is told.
const QUANTILES: [f64; 17] =
    [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1.0];

/// The calls of one or more rounds.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    nanoseconds: Histogram<u64>,
    elapsed: Duration,
    /// From when to when, where it is one round.
    span: Option<(Instant, Instant)>,
    /// Calls that were made but do not count.
    warm: u64,
}

impl Sample {
    pub(crate) fn empty() -> Self {
        // Three digits at every size: it grows with what is recorded.
        let nanoseconds = Histogram::new(3).expect("3 digits are within the bounds of the histogram");
        Self { nanoseconds, elapsed: Duration::ZERO, span: None, warm: 0 }
    }

    /// The same after calls that do not count.
    pub(crate) fn after(self, warm: u64) -> Self {
        Self { warm, ..self }
    }

    /// Adds a round that came after the others.
    pub(crate) fn add(&mut self, other: &Self) {
        self.merge(other);
        self.elapsed += other.elapsed;
    }

    /// Adds what another caller did at the same time.
    pub(crate) fn add_beside(&mut self, other: &Self) {
        self.merge(other);
        // With more callers than cores some begin when others are done already.
        self.span = match (self.span, other.span) {
            (Some((start, end)), Some((from, to))) => Some((start.min(from), end.max(to))),
            (one, other) => one.or(other),
        };
        self.elapsed = self.span.map_or(Duration::ZERO, |(start, end)| end - start);
    }

    /// Does something once and notes how long that took.
    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let done = work()?;
        self.time_since(start);
        Ok(done)
    }

    /// Notes one call that began then, and ended now.
    pub(crate) fn time_since(&mut self, start: Instant) {
        let took = start.elapsed();
        self.record(took);
        self.elapsed += took;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nanoseconds.is_empty()
    }

    /// The calls that count.
    pub(crate) fn calls(&self) -> u64 {
        self.nanoseconds.len()
    }

    /// All calls that were made.
    pub(crate) fn all_calls(&self) -> u64 {
        self.calls() + self.warm
    }

    pub(crate) fn calls_per_s(&self) -> f64 {
        self.calls() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn median_us(&self) -> f64 {
        self.quantile_us(0.5)
    }

    pub(crate) fn quantile_us(&self, quantile: f64) -> f64 {
        self.nanoseconds.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// Quantiles and their microseconds, as far as there are enough calls for them.
    pub(crate) fn distribution(&self) -> Vec<(f64, f64)> {
        let told = |quantile: &f64| *quantile == 1.0 || (1.0 - quantile) * self.calls() as f64 >= 1.0;
        QUANTILES.into_iter().filter(told).map(|quantile| (quantile, self.quantile_us(quantile))).collect()
    }

    pub(crate) fn record(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.record(nanoseconds).expect("a histogram that grows takes every value");
    }

    pub(crate) fn set_span(&mut self, start: Instant, end: Instant) {
        self.span = Some((start, end));
        self.elapsed = end - start;
    }

    fn merge(&mut self, other: &Self) {
        self.nanoseconds.add(&other.nanoseconds).expect("a histogram that grows takes every value");
        self.warm += other.warm;
    }
}

/// Calls again and again on this thread, at least once.
pub(crate) fn on_this_thread(duration: Duration, mut call: impl FnMut() -> Result<()>) -> Result<Sample> {
    let mut sample = Sample::empty();
    let start = Instant::now();
    let mut before = start;
    while sample.is_empty() || before - start < duration {
        call()?;
        let after = Instant::now();
        sample.record(after - before);
        before = after;
    }
    sample.set_span(start, before);
    Ok(sample)
}

/// Makes something again and again on this thread, at least once; how long it takes to end it does not count.
pub(crate) fn without_their_ends<T>(
    duration: Duration,
    mut make: impl FnMut() -> Result<T>,
    mut end: impl FnMut(T) -> Result<()>,
) -> Result<Sample> {
    let mut sample = Sample::empty();
    let start = Instant::now();
    while sample.is_empty() || start.elapsed() < duration {
        let made = sample.time(&mut make)?;
        end(made)?;
    }
    Ok(sample)
}

/// Calls on so many new threads at once, after a warm-up on each.
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
            // Also after a failure: the others wait here.
            ready.wait();
            let warm = warm?.calls();
            Ok(on_this_thread(duration, &call)?.after(warm))
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut all = Sample::empty();
    samples.iter().for_each(|sample| all.add_beside(sample));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_beside_each_other_take_from_the_first_start_to_the_last_end() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let round = |from, to, calls| {
            let mut sample = Sample::empty();
            (0..calls).for_each(|_| sample.record(Duration::from_millis(1)));
            sample.set_span(at(from), at(to));
            sample
        };
        let mut all = Sample::empty();
        all.add_beside(&round(0, 10, 10));
        all.add_beside(&round(5, 20, 10).after(3));
        assert_eq!((all.calls(), all.all_calls()), (20, 23));
        assert!((all.calls_per_s() - 1000.0).abs() < 1e-6, "{}", all.calls_per_s());
    }

    #[test]
    fn a_distribution_ends_where_there_are_no_calls_to_tell() {
        let mut sample = Sample::empty();
        (0..100).for_each(|us| sample.record(Duration::from_micros(us)));
        let quantiles: Vec<_> = sample.distribution().into_iter().map(|(quantile, _)| quantile).collect();
        assert!(quantiles.contains(&0.98) && !quantiles.contains(&0.999) && quantiles.contains(&1.0), "{quantiles:?}");
    }
}
