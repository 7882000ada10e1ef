//! A small executor that lives in the cell: it runs what is ready, and never blocks.
//!
//! Not futures' `LocalPool`, which panics where a user's own `block_on` is on the stack.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
};

use slab::Slab;

/// Tasks, and which of them are ready.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: Slab<Task>,
    ready: Arc<Ready>,
    /// Where those that are ready are taken to, all at once.
    batch: VecDeque<TaskId>,
    generation: u64,
}

struct Task {
    generation: u64,
    future: Pin<Box<dyn Future<Output = ()>>>,
    wakes: Arc<TaskWaker>,
    waker: Waker,
}

/// A task, to be cancelled. Never used again for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskId {
    index: usize,
    generation: u64,
}

#[derive(Default)]
struct Ready(Mutex<VecDeque<TaskId>>);

struct TaskWaker {
    id: TaskId,
    /// It is among those that are ready: it need not be there twice.
    is_ready: AtomicBool,
    ready: Arc<Ready>,
}

impl Executor {
    /// Adds a task, which is ready at once.
    pub(crate) fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> TaskId {
        self.generation += 1;
        let entry = self.tasks.vacant_entry();
        let id = TaskId { index: entry.key(), generation: self.generation };
        let wakes = Arc::new(TaskWaker { id, is_ready: AtomicBool::new(true), ready: self.ready.clone() });
        let waker = Waker::from(wakes.clone());
        entry.insert(Task { generation: id.generation, future: Box::pin(future), wakes, waker });
        self.ready.lock().push_back(id);
        id
    }

    /// Drops a task, unless it has ended.
    pub(crate) fn cancel(&mut self, id: TaskId) {
        if self.tasks.get(id.index).is_some_and(|task| task.generation == id.generation) {
            drop(self.tasks.remove(id.index));
        }
    }

    /// Runs until nothing is ready.
    pub(crate) fn run(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        loop {
            let Some(id) = batch.pop_front() else {
                std::mem::swap(&mut batch, &mut *self.ready.lock());
                if batch.is_empty() {
                    break;
                }
                continue;
            };
            let Some(task) = self.tasks.get_mut(id.index).filter(|task| task.generation == id.generation) else {
                continue;
            };
            // Before it runs: what comes up meanwhile makes it ready again.
            task.wakes.is_ready.store(false, Ordering::Release);
            if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready() {
                drop(self.tasks.remove(id.index));
            }
        }
        self.batch = batch;
    }
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, VecDeque<TaskId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::AcqRel) {
            self.ready.lock().push_back(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    #[test]
    fn runs_what_is_ready_and_forgets_what_is_cancelled() {
        let mut executor = Executor::default();
        let (sender, receiver) = futures_channel::oneshot::channel::<u32>();
        let seen = Rc::new(Cell::new(0));
        executor.spawn({
            let seen = seen.clone();
            async move { seen.set(receiver.await.unwrap_or(99)) }
        });
        let cancelled = executor.spawn({
            let seen = seen.clone();
            async move {
                std::future::pending::<()>().await;
                seen.set(1000);
            }
        });
        executor.run();
        assert_eq!(seen.get(), 0);
        executor.cancel(cancelled);
        executor.cancel(cancelled);
        sender.send(7).unwrap();
        executor.run();
        assert_eq!(seen.get(), 7);
        assert_eq!(Rc::strong_count(&seen), 1);
    }
}
