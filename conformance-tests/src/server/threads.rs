//! Who runs what, and who waits for whom.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use ipc_core::{Exception, ExceptionKind, Result, deadline, threads};

use super::{Root, lock, process};
use crate::interfaces::{Late, Step, Tell, ThreadInfo, Threads, late::Number};

thread_local! {
    static LOCAL: Cell<u64> = const { Cell::new(0) };
    static ENDS: RefCell<Vec<End>> = const { RefCell::new(Vec::new()) };
}

/// A thread-local that tells when its thread ends.
struct End {
    thread: u64,
    tell: Option<Tell>,
    live: Arc<AtomicU64>,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            // Whether it still arrives is the transport's affair; that this comes back is not.
            let _ = tell(self.thread);
        }
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Threads for Root {
    fn thread(&self) -> Result<ThreadInfo> {
        Ok(this_thread())
    }

    fn set_local(&self, value: u64) -> Result<u64> {
        Ok(LOCAL.replace(value))
    }

    fn hold_local(&self, ended: Option<Tell>) -> Result<()> {
        self.server.locals.fetch_add(1, Ordering::SeqCst);
        let end = End { thread: threads::sequence(), tell: ended, live: self.server.locals.clone() };
        ENDS.with_borrow_mut(|ends| ends.push(end));
        Ok(())
    }

    fn down(&self, depth: u32, step: Step) -> Result<u32> {
        step(depth)
    }

    fn down_often(&self, depth: u32, times: u32, step: Step) -> Result<u32> {
        (0..times).map(|_| step(depth)).sum()
    }

    fn down_elsewhere(&self, name: String, depth: u32, times: u32, step: Step) -> Result<u32> {
        let started = thread::Builder::new().name(name).spawn(move || (0..times).map(|_| step(depth)).sum());
        let thread = started.map_err(|error| failed(&format!("no thread: {error}")))?;
        thread.join().unwrap_or_else(|_| Err(failed("the thread panicked")))
    }

    fn down_beside(&self, name: String, depth: u32, step: Step) -> Result<u32> {
        thread::scope(|scope| {
            let beside = {
                let step = step.clone();
                thread::Builder::new().name(name).spawn_scoped(scope, move || step(depth))
            };
            let here = step(depth)?;
            let beside = beside.map_err(|error| failed(&format!("no thread: {error}")))?;
            Ok(here + beside.join().unwrap_or_else(|_| Err(failed("the thread panicked")))?)
        })
    }

    fn gather(&self, threads: u32, give: Arc<dyn Fn(u32) -> Result<Vec<u8>> + Send + Sync>) -> Result<u64> {
        let all: Vec<_> = (0..threads)
            .map(|n| {
                let give = give.clone();
                thread::spawn(move || give(n))
            })
            .collect();
        let lengths = all.into_iter().map(|thread| {
            let bytes = thread.join().unwrap_or_else(|_| Err(failed("the thread panicked")))?;
            Ok(bytes.len() as u64)
        });
        lengths.sum()
    }

    fn meet(&self, name: String, count: u32) -> Result<()> {
        self.server.events.meet(&name, count, self.number);
        Ok(())
    }

    fn wait_for(&self, event: String) -> Result<()> {
        self.server.events.wait(&event, self.number);
        Ok(())
    }

    fn wait_then_call(&self, event: String, step: Step) -> Result<u32> {
        self.server.events.wait(&event, self.number);
        let result = step(0);
        let outcome = result.as_ref().err().map_or_else(|| "ok".to_owned(), |error| error.kind().to_string());
        self.server.events.end(event, outcome);
        result
    }

    fn reply_when(&self, event: String, number: u32) -> Result<Late> {
        let (events, connection) = (self.server.events.clone(), self.number);
        Ok(Late { number: Number { number, first: Some(Box::new(move || events.wait(&event, connection))) } })
    }

    fn count_now(&self) -> Result<u64> {
        Ok(self.server.counted.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn happen(&self, event: String) -> Result<()> {
        self.server.events.happen(event);
        Ok(())
    }

    fn blocked(&self, event: String) -> Result<u32> {
        Ok(self.server.events.blocked(&event))
    }

    fn outcome(&self, event: String) -> Result<String> {
        Ok(self.server.events.outcome(&event))
    }

    fn note(&self, number: u64) -> Result<()> {
        lock(&self.server.notes).push(number);
        Ok(())
    }

    fn notes(&self) -> Result<Vec<u64>> {
        Ok(std::mem::take(&mut *lock(&self.server.notes)))
    }

    fn wait_until_gone(&self, event: String, after: Option<String>) -> Result<()> {
        if let Some(after) = after {
            self.server.events.wait(&after, self.number);
        }
        self.server.events.outlast_the_caller(event, self.number);
        Ok(())
    }

    fn deadline(&self) -> Result<Option<u64>> {
        let left = deadline::current().map(|at| at.saturating_duration_since(Instant::now()));
        Ok(left.map(|left| left.as_millis() as u64))
    }
}

/// The calling thread.
pub(crate) fn this_thread() -> ThreadInfo {
    ThreadInfo {
        pid: std::process::id(),
        number: threads::sequence(),
        name: threads::name(),
        os_name: process::thread_name(),
    }
}

fn failed(message: &str) -> Exception {
    Exception::new(ExceptionKind::Remote, message)
}
