//! Running a test in many orders of its threads; in builds with `--cfg shuttle` only.

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
};

/// How many orders each of the two schedulers tries, unless the environment variable `ORDERS` says otherwise.
const ORDERS: usize = 200;

/// The first is always the same; `SHUTTLE_RANDOM_SEED` is another one.
const SEED: u64 = 1;

/// In so many places a thread gives way to others that were to come later: enough for most mistakes that are known.
const DEPTH: usize = 4;

/// For a call within a call within a call, unoptimized.
const STACK_BYTES: usize = 1 << 19;

/// Runs `test` in many orders of the threads in it, chosen at random and by priorities that change. Fails if it panics in
/// one, or if all threads of one wait.
///
/// # Panics
///
/// Then, with what is needed to run that order again.
pub fn explore(test: impl Fn() + Send + Sync + Copy + 'static) {
    let orders = std::env::var("ORDERS").ok().and_then(|orders| orders.parse().ok()).unwrap_or(ORDERS);
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    Runner::new(RandomScheduler::new_from_seed(SEED, orders), config.clone()).run(test);
    Runner::new(PctScheduler::new_from_seed(SEED, DEPTH, orders), config).run(test);
}
