//! The line between two ends: two threads for each. One writes what is in the outbox, one reads until the end of the stream.

use std::{
    io::{self, Write},
    net::Shutdown,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use ipc_core::{
    Exception, ExceptionKind, Result, Stream,
    session::{End, Mover},
};

use crate::{codec::Plain, framing};

/// How long the end of a spawned peer may take to be known once its stream has ended.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

/// The stream of one end.
#[derive(Clone)]
pub(crate) struct Line {
    stream: Arc<Stream>,
    /// Whether a frame is being written.
    writing: Arc<AtomicBool>,
}

/// The writer waits in the outbox itself, so there is nobody to wake. But it may be in a write to a peer that does not read.
struct Waker {
    line: Line,
    end: Weak<End<Plain>>,
}

impl Mover for Waker {
    fn wake(&self) {
        let Some(end) = self.end.upgrade() else { return };
        if end.outbox().is_closed() && end.outbox().waiting() == 0 {
            self.line.close(if self.line.writing.load(Ordering::Acquire) { Shutdown::Both } else { Shutdown::Write });
        }
    }
}

impl Line {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream: Arc::new(stream), writing: Arc::default() }
    }

    /// Who is on the other side, for people to read.
    pub(crate) fn peer(&self) -> String {
        self.stream.peer().to_string()
    }

    pub(crate) fn mover(&self, end: &Weak<End<Plain>>) -> impl Mover + use<> {
        Waker { line: self.clone(), end: end.clone() }
    }

    /// Starts the two threads. Each keeps the end until the connection is closed, as it is when nobody needs it any more.
    ///
    /// # Errors
    ///
    /// `Disconnected` if there are no threads.
    pub(crate) fn start(&self, end: &Arc<End<Plain>>) -> Result<()> {
        let (writer, reader) = ((self.clone(), end.clone()), (self.clone(), end.clone()));
        let started =
            thread::Builder::new().name("example-write".into()).spawn(move || writer.0.write_all(&writer.1)).and_then(
                |_| thread::Builder::new().name("example-read".into()).spawn(move || reader.0.read_all(&reader.1)),
            );
        started.map(drop).map_err(|error| {
            let why = gone(&error);
            end.lose(why.clone());
            why
        })
    }

    fn write_all(&self, end: &End<Plain>) {
        while let Some(frame) = end.outbox().next() {
            let weight = frame.weight();
            self.writing.store(true, Ordering::Release);
            let written = (&*self.stream).write_all(&framing::encode(&frame));
            self.writing.store(false, Ordering::Release);
            if let Err(error) = written {
                self.lose(end, gone(&error));
            }
            end.outbox().written(weight);
        }
        self.close(Shutdown::Write);
    }

    fn read_all(&self, end: &Arc<End<Plain>>) {
        let why = loop {
            match framing::read(&mut &*self.stream, end.limits()) {
                Ok(Some(frame)) => end.receive(frame).run(),
                Ok(None) => break Exception::new(ExceptionKind::Disconnected, "the peer closed the stream"),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    break Exception::new(ExceptionKind::Protocol, error.to_string());
                }
                Err(error) => break gone(&error),
            }
        };
        self.lose(end, why);
    }

    /// Of a peer that this process spawned it is known how it ended, which says more.
    fn lose(&self, end: &End<Plain>, why: Exception) {
        end.lose(match self.stream.peer().exit_note(EXIT_PATIENCE) {
            Some(note) => Exception::new(why.kind(), format!("{}: {note}", why.message())),
            None => why,
        });
    }

    /// Ends our half, so that the peer ends its own; both, if the writer is to come back from a peer that does not read. TCP
    /// would forget our last frames at the peer if the stream were closed with something of the peer's unread.
    fn close(&self, how: Shutdown) {
        // That the peer has closed it already is what is wanted.
        let _ = self.stream.shutdown(how);
    }
}

fn gone(error: &io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the stream failed: {error}"))
}
