//! Threads that send at the same time.
//!
//! Each message that goes out on its own is a system call, and wakes the peer. Where several threads call, or answer, whoever
//! has something to send lets those that are about to send as well do so first, and then writes it all. (Four callers, both
//! processes on one core: 55,000 calls a second before, 62,000 with it; 64 callers: 48,000 and 67,000.)
//!
//! Letting others run is worth it only if it is they who run. If it brings no messages, or takes long for those that it
//! brings, because others want the core that have nothing to do with it, it is left be for a while.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::Connection;

/// What is known of the others.
#[derive(Default)]
pub(super) struct Company {
    /// Somebody waits for them, and will write what they send.
    gathering: AtomicBool,
    /// How many messages they have left to him.
    gathered: AtomicU32,
    /// How often in a row there was none.
    fruitless: AtomicU32,
    /// For how many messages nobody waits for others.
    alone: AtomicU32,
}

/// So often in a row there may be no messages of others.
const FRUITLESS: u32 = 64;
/// For so many messages nobody waits afterwards.
const ALONE: u32 = 256;
/// So long it may take to gather a message.
const WORTH: Duration = Duration::from_micros(200);
/// For so many messages nobody waits after it took longer.
const ALONE_AMONG_STRANGERS: u32 = 2000;

impl Company {
    /// Whether to wait for others at all.
    fn is_worth_it(&self) -> bool {
        let alone = self.alone.load(Ordering::Relaxed);
        if alone > 0 {
            // Whoever counts at the same time counts the same: it is about that many.
            self.alone.store(alone - 1, Ordering::Relaxed);
        }
        alone == 0
    }

    /// Leaves a message to who waits for it; else it is this thread that does.
    fn join(&self) -> bool {
        let leads = !self.gathering.swap(true, Ordering::AcqRel);
        if !leads {
            self.gathered.fetch_add(1, Ordering::Relaxed);
        }
        leads
    }

    /// Nobody leaves any more. It took so long.
    fn end(&self, took: Duration) {
        // It sees what those have sent who left it.
        self.gathering.swap(false, Ordering::AcqRel);
        let gathered = self.gathered.swap(0, Ordering::Relaxed);
        let fruitless = if gathered > 0 { 0 } else { self.fruitless.load(Ordering::Relaxed) + 1 };
        self.fruitless.store(fruitless, Ordering::Relaxed);
        let alone = if took > WORTH * (gathered + 1) {
            ALONE_AMONG_STRANGERS
        } else if fruitless >= FRUITLESS {
            ALONE
        } else {
            return;
        };
        self.fruitless.store(0, Ordering::Relaxed);
        self.alone.store(alone, Ordering::Relaxed);
    }
}

impl Connection {
    /// Writes what waits, with what others are about to send.
    pub(super) fn flush_in_company(&self) {
        let others = self.calls.load(Ordering::Relaxed).max(self.serving.load(Ordering::Relaxed)) > 1;
        if !others || !self.company.is_worth_it() {
            return self.flush();
        }
        if self.company.join() {
            let since = Instant::now();
            thread::yield_now();
            self.company.end(since.elapsed());
            self.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many messages out of so many one thread waits for others with, who leave so many each time.
    fn waits(messages: u32, others: u32, took: Duration) -> u32 {
        let company = Company::default();
        let mut waits = 0;
        for _ in 0..messages {
            if company.is_worth_it() {
                assert!(company.join());
                (0..others).for_each(|_| assert!(!company.join()));
                company.end(took);
                waits += 1;
            }
        }
        waits
    }

    #[test]
    fn others_are_waited_for_as_long_as_they_send() {
        assert_eq!(waits(5000, 1, Duration::from_micros(10)), 5000);
        assert_eq!(waits(5000, 63, Duration::from_millis(2)), 5000);
    }

    #[test]
    fn one_alone_soon_waits_for_nobody() {
        assert_eq!(waits(FRUITLESS + ALONE, 0, Duration::ZERO), FRUITLESS);
        assert_eq!(waits(FRUITLESS + ALONE + 1, 0, Duration::ZERO), FRUITLESS + 1);
    }

    #[test]
    fn nobody_waits_while_strangers_have_the_core() {
        assert_eq!(waits(1 + ALONE_AMONG_STRANGERS, 3, Duration::from_millis(2)), 1);
        assert_eq!(waits(2 + ALONE_AMONG_STRANGERS, 3, Duration::from_millis(2)), 2);
    }
}
