//! Letting others go first.
//!
//! A thread that yields the core before it blocks, or before it sends, saves system calls if those run meanwhile that it has
//! to do with. If they do not, or if strangers have the core, which keep it for whole time slices, it is better left be.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use crate::sync::thread;

/// What a thread, or several of one connection, know of how it was to let others go first.
///
/// It is no promise and orders nothing: whoever asks at the same time may be told the same.
#[derive(Debug, Default)]
pub struct Courtesy {
    /// How often in a row it brought nothing.
    fruitless: AtomicU32,
    /// A leaky bucket of the times that took longer than they were worth.
    overlong: AtomicU32,
    /// How often it is left be from now on.
    left_be: AtomicU32,
}

/// So often in a row it may bring nothing.
const FRUITLESS: u32 = 64;
/// So often it is left be afterwards.
const AFTER_FRUITLESS: u32 = 256;
/// What such a time puts into the bucket: it may have been a time slice, which a stranger keeps the core for.
const LONG: u32 = 16;
/// So much the bucket takes; each other time takes one out. One's own crowd is long now and then, a stranger more often
/// than once in so many times. (64 callers within one process, on one core: 105,000 calls a second if once was too often already,
/// 180,000 with this.)
const TOO_LONG: u32 = 4 * LONG;
/// So often it is left be after strangers had the core.
const AFTER_STRANGERS: u32 = 2000;

impl Courtesy {
    /// Whether to let others go first. Asked once for each time.
    pub fn is_due(&self) -> bool {
        let left_be = self.left_be.load(Ordering::Relaxed);
        if left_be > 0 {
            self.left_be.store(left_be - 1, Ordering::Relaxed);
        }
        left_be == 0
    }

    /// Yields the core; tells how long it was until this thread had it again.
    pub fn yield_now() -> Duration {
        // Time would make a difference where orders are explored.
        let since = if cfg!(shuttle) { None } else { Some(Instant::now()) };
        thread::yield_now();
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Notes how it was: how long it took, how long it might have taken, and whether it brought something.
    pub fn note(&self, took: Duration, worth: Duration, brought: bool) {
        let overlong = self.overlong.load(Ordering::Relaxed);
        let fruitless = self.fruitless.load(Ordering::Relaxed);
        let (overlong, fruitless) = (
            if took > worth { overlong + LONG } else { overlong.saturating_sub(1) },
            if brought { 0 } else { fruitless + 1 },
        );
        // After a while once is enough to be left be again.
        self.overlong.store(overlong.min(TOO_LONG - 1), Ordering::Relaxed);
        let left_be = if overlong >= TOO_LONG {
            AFTER_STRANGERS
        } else if fruitless >= FRUITLESS {
            AFTER_FRUITLESS
        } else {
            self.fruitless.store(fruitless, Ordering::Relaxed);
            return;
        };
        self.fruitless.store(0, Ordering::Relaxed);
        self.left_be.store(left_be, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often out of so many times others go first, if it is always like this.
    fn goes(times: u32, took: Duration, brings: bool) -> u32 {
        let courtesy = Courtesy::default();
        let due = (0..times).filter(|_| courtesy.is_due());
        due.inspect(|_| courtesy.note(took, Duration::from_millis(1), brings)).count() as u32
    }

    #[test]
    fn others_go_first_as_long_as_that_brings_something() {
        assert_eq!(goes(5000, Duration::from_micros(999), true), 5000);
    }

    #[test]
    fn what_brings_nothing_is_left_be_for_a_while() {
        assert_eq!(goes(FRUITLESS + AFTER_FRUITLESS, Duration::ZERO, false), FRUITLESS);
        assert_eq!(goes(FRUITLESS + AFTER_FRUITLESS + 1, Duration::ZERO, false), FRUITLESS + 1);
    }

    #[test]
    fn strangers_do_not_go_first() {
        let before = TOO_LONG / LONG;
        let goes = |times| goes(times, Duration::from_millis(3), true);
        assert_eq!(goes(before + AFTER_STRANGERS), before);
        // To see whether they are there still, once.
        assert_eq!(goes(before + AFTER_STRANGERS + 1), before + 1);
        assert_eq!(goes(before + 2 * AFTER_STRANGERS + 1), before + 1);
    }

    #[test]
    fn a_crowd_that_is_long_now_and_then_goes_first() {
        let courtesy = Courtesy::default();
        for time in 0..100 * LONG {
            assert!(courtesy.is_due());
            let took = if time % (LONG + 1) == 0 { Duration::from_millis(3) } else { Duration::ZERO };
            courtesy.note(took, Duration::from_millis(1), true);
        }
    }

    #[test]
    fn fruit_now_and_then_is_enough() {
        let courtesy = Courtesy::default();
        for time in 0..10 * FRUITLESS {
            assert!(courtesy.is_due());
            courtesy.note(Duration::ZERO, Duration::ZERO, time % FRUITLESS == 0);
        }
    }
}
