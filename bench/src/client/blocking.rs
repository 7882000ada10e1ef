//! A client whose calls block, each caller on a thread of its own.

use std::{any::Any, sync::Arc};

use ipc_core::Result;

use super::{Client, Round, expect};
use crate::{
    job::{ADD, Job, STEP},
    measure::{Sample, on_this_thread, on_threads},
    work::{Callback, Counter, LIST, Twenty, Work, countdown, payload, received, received_list},
};

/// A client of anything that has the work as a trait object.
pub(crate) struct Blocking {
    work: Arc<dyn Work>,
    countdown: Callback,
    /// What is sent, made before the round.
    payload: Vec<u8>,
    twenty: Twenty,
}

impl Blocking {
    pub(crate) fn new(work: Arc<dyn Work>) -> Self {
        Self { countdown: countdown(work.clone()), work, payload: Vec::new(), twenty: Twenty::example() }
    }

    fn prepare(&mut self, job: Job) -> Result<()> {
        match job {
            Job::Argument(length) if self.payload.len() != length => self.payload = payload(length),
            Job::Fire => self.work.store(Arc::new(|x| Ok(x + 1)))?,
            _ => {}
        }
        Ok(())
    }

    fn call(&self, job: Job) -> Result<()> {
        let work = &*self.work;
        match job {
            Job::Empty => work.empty(),
            Job::Add => expect(work.add(ADD.0, ADD.1)?, ADD.2),
            Job::AddNoContext => expect(work.add_no_context(ADD.0, ADD.1)?, ADD.2),
            Job::Twenty => expect(&work.twenty(self.twenty.clone())?, &self.twenty),
            Job::Result(length) => expect(received(&work.result(length as u32)?), length),
            Job::Argument(length) => expect(work.argument(self.payload.clone())?, length as u32),
            Job::List => expect(received_list(&work.list()?), LIST),
            Job::Nested(depth) => expect(work.nested(depth, self.countdown.clone())?, depth),
            Job::Fire => expect(work.fire(41)?, 42),
            Job::Object => expect(work.create(STEP.0)?.step(STEP.1)?, STEP.2),
        }
    }
}

impl Client for Blocking {
    fn round(&mut self, round: Round) -> Result<Sample> {
        self.prepare(round.job)?;
        let call = || self.call(round.job);
        match round.callers {
            1 => {
                let warm = if round.warm_up.is_zero() { 0 } else { on_this_thread(round.warm_up, call)?.calls() };
                Ok(on_this_thread(round.duration, call)?.after(warm))
            }
            callers => on_threads(callers, round.warm_up, round.duration, call),
        }
    }

    fn times(&mut self, job: Job, times: u64) -> Result<()> {
        self.prepare(job)?;
        (0..times).try_for_each(|_| self.call(job))
    }

    fn objects(&mut self, count: usize) -> Result<(Sample, Box<dyn Any>)> {
        let mut sample = Sample::empty();
        let mut held: Vec<Arc<dyn Counter>> = Vec::with_capacity(count);
        for _ in 0..count {
            held.push(sample.time(|| self.work.create(STEP.0))?);
        }
        Ok((sample, Box::new(held)))
    }
}
