//! A client whose calls are awaited, each caller in a task of its own.

use std::{
    any::Any,
    fmt::Display,
    future::Future,
    io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use ipc_core::{Exception, ExceptionKind, Result};
use tokio::{runtime::Runtime, sync::Barrier, task::JoinHandle};

use super::{Client, Round, expect};
use crate::{
    job::{ADD, Job, STEP},
    measure::Sample,
    work::{LIST, Twenty, payload},
};

/// The process's runtime, as `#[tokio::main]` makes it: a worker for each core that the process may use.
pub(crate) fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build());
    runtime.as_ref().map_err(failed)
}

/// A runtime with one worker: beside threads that block, or for a peer that is used so.
pub(crate) fn one_worker() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let build = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    RUNTIME.get_or_init(build).as_ref().map_err(failed)
}

/// The work of a peer whose calls are futures.
pub(crate) trait AsyncWork: Clone + 'static {
    /// An object of the server. What its drop has to tell the server it tells by itself.
    type Object: 'static;

    fn empty(&self) -> impl Future<Output = Result<()>>;
    fn add(&self, a: i32, b: i32) -> impl Future<Output = Result<i32>>;
    fn twenty(&self, value: &Twenty) -> impl Future<Output = Result<Twenty>>;
    /// Answers how many bytes came, by [`received`](crate::work::received).
    fn result(&self, length: usize) -> impl Future<Output = Result<usize>>;
    fn argument(&self, bytes: &[u8]) -> impl Future<Output = Result<usize>>;
    /// Answers how many structs came, by [`received_list`](crate::work::received_list).
    fn list(&self) -> impl Future<Output = Result<usize>>;
    /// Answers how many callbacks there were, each within the one before.
    fn nested(&self, depth: u32) -> impl Future<Output = Result<u32>>;
    /// Gives the server a callback that adds one.
    fn store(&self) -> impl Future<Output = Result<()>>;
    /// Has another task of the server call that.
    fn fire(&self, x: u32) -> impl Future<Output = Result<u32>>;
    fn create(&self, start: i64) -> impl Future<Output = Result<Self::Object>>;
    fn step(&self, object: &Self::Object, by: i64) -> impl Future<Output = Result<i64>>;
}

/// What callers on the process's runtime need of a peer's work: that its futures can be spawned. A generic function cannot
/// know that of another's futures, so [`spawned!`] says it for each.
pub(crate) trait SpawnedWork: AsyncWork + Send {
    fn drive(self, tasks: Tasks) -> impl Future<Output = Result<Sample>> + Send;
    fn hold(self, count: usize) -> impl Future<Output = Result<(Sample, Vec<Self::Object>)>> + Send;
}

/// Says that the futures of a peer's work can be spawned.
macro_rules! spawned {
    ($work:ty) => {
        impl $crate::client::SpawnedWork for $work {
            fn drive(
                self,
                tasks: $crate::client::Tasks,
            ) -> impl Future<Output = ipc_core::Result<$crate::measure::Sample>> + Send {
                $crate::client::drive(self, tasks)
            }

            fn hold(
                self,
                count: usize,
            ) -> impl Future<Output = ipc_core::Result<($crate::measure::Sample, Vec<Self::Object>)>> + Send {
                $crate::client::hold(self, count)
            }
        }
    };
}

pub(crate) use spawned;

/// A client whose callers are tasks on a runtime. Each is spawned, so that none runs outside of the workers.
pub(crate) struct TasksClient<W> {
    work: W,
    runtime: &'static Runtime,
}

impl<W> TasksClient<W> {
    pub(crate) fn new(work: W, runtime: &'static Runtime) -> Self {
        Self { work, runtime }
    }
}

impl<W: SpawnedWork<Object: Send>> Client for TasksClient<W> {
    fn round(&mut self, round: Round) -> Result<Sample> {
        let (runtime, tasks) = (self.runtime, Tasks::new(round));
        let caller = || runtime.spawn(self.work.clone().drive(tasks.clone()));
        let callers: Vec<_> = (0..round.callers).map(|_| caller()).collect();
        runtime.block_on(all_of(callers))
    }

    fn objects(&mut self, count: usize) -> Result<(Sample, Box<dyn Any>)> {
        let runtime = self.runtime;
        let held = runtime.block_on(runtime.spawn(self.work.clone().hold(count)));
        let (sample, objects) = held.map_err(failed)??;
        Ok((sample, Box::new(objects)))
    }
}

/// What callers did beside each other.
pub(crate) async fn all_of(callers: Vec<JoinHandle<Result<Sample>>>) -> Result<Sample> {
    let mut all = Sample::empty();
    for caller in callers {
        all.add_beside(&caller.await.map_err(failed)??);
    }
    Ok(all)
}

/// What callers share.
#[derive(Clone)]
pub(crate) struct Tasks {
    round: Round,
    ready: Arc<Barrier>,
    payload: Arc<Vec<u8>>,
}

impl Tasks {
    pub(crate) fn new(round: Round) -> Self {
        let length = if let Job::Argument(length) = round.job { length } else { 0 };
        Self { round, ready: Arc::new(Barrier::new(round.callers)), payload: Arc::new(payload(length)) }
    }
}

/// One caller's round.
pub(crate) async fn drive<W: AsyncWork>(work: W, tasks: Tasks) -> Result<Sample> {
    let Round { job, warm_up, duration, .. } = tasks.round;
    let twenty = Twenty::example();
    let prepared = if job == Job::Fire { work.store().await } else { Ok(()) };
    let warm = match prepared {
        Ok(()) if !warm_up.is_zero() => repeat(&work, job, &tasks, &twenty, warm_up).await.map(|warm| warm.calls()),
        Ok(()) => Ok(0),
        Err(e) => Err(e),
    };
    // Also after a failure: the others wait here.
    tasks.ready.wait().await;
    let warm = warm?;
    Ok(repeat(&work, job, &tasks, &twenty, duration).await?.after(warm))
}

/// Makes objects and keeps them.
pub(crate) async fn hold<W: AsyncWork>(work: W, count: usize) -> Result<(Sample, Vec<W::Object>)> {
    let mut sample = Sample::empty();
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        held.push(timed(&mut sample, work.create(STEP.0)).await?);
    }
    Ok((sample, held))
}

/// Awaits something and notes how long that took.
pub(crate) async fn timed<T>(sample: &mut Sample, work: impl Future<Output = Result<T>>) -> Result<T> {
    let start = Instant::now();
    let done = work.await?;
    sample.time_since(start);
    Ok(done)
}

/// A failure of a peer's, in the project's terms.
pub(crate) fn failed(error: impl Display) -> Exception {
    Exception::new(ExceptionKind::Interrupted, error.to_string())
}

async fn repeat<W: AsyncWork>(
    work: &W,
    job: Job,
    tasks: &Tasks,
    twenty: &Twenty,
    duration: Duration,
) -> Result<Sample> {
    let mut sample = Sample::empty();
    let start = Instant::now();
    let mut before = start;
    while sample.is_empty() || before - start < duration {
        call(work, job, tasks, twenty).await?;
        let after = Instant::now();
        sample.record(after - before);
        before = after;
    }
    sample.set_span(start, before);
    Ok(sample)
}

async fn call<W: AsyncWork>(work: &W, job: Job, tasks: &Tasks, twenty: &Twenty) -> Result<()> {
    match job {
        Job::Empty => work.empty().await,
        // There is no thread that a call could belong to.
        Job::Add | Job::AddNoContext => expect(work.add(ADD.0, ADD.1).await?, ADD.2),
        Job::Twenty => expect(&work.twenty(twenty).await?, twenty),
        Job::Result(length) => expect(work.result(length).await?, length),
        Job::Argument(length) => expect(work.argument(&tasks.payload).await?, length),
        Job::List => expect(work.list().await?, LIST),
        Job::Nested(depth) => expect(work.nested(depth).await?, depth),
        Job::Fire => expect(work.fire(41).await?, 42),
        Job::Object => {
            let object = work.create(STEP.0).await?;
            expect(work.step(&object, STEP.1).await?, STEP.2)
        }
    }
}
