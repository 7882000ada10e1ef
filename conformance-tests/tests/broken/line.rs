//! The line, with a place for faults between the end and the stream.

use std::{
    io::{self, Read, Write},
    mem,
    net::Shutdown,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use example_transport::framing;
use ipc_core::{
    Exception, ExceptionKind, Result, Stream,
    session::{End, Frame, Mover},
};

use crate::{
    codec::Faulty,
    faults::{At, Reading, current},
    frames::{Frames, Moves, Side},
};

/// The stream of one end.
#[derive(Clone)]
pub(crate) struct Line(Arc<Inner>);

struct Inner {
    stream: Stream,
    side: Side,
    frames: Mutex<Box<dyn Frames>>,
    /// Held by whoever writes a frame, or gives one to the end.
    writing: Mutex<()>,
    receiving: Mutex<()>,
    /// Held by whoever writes or reads, if the one is not to be done beside the other.
    using: Mutex<()>,
    lost: Arc<AtomicBool>,
    end: Arc<OnceLock<Weak<End<Faulty>>>>,
}

/// All lines of this process.
static LINES: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

struct Waker {
    line: Line,
    end: Weak<End<Faulty>>,
}

impl Mover for Waker {
    fn wake(&self) {
        let Some(end) = self.end.upgrade() else { return };
        if end.outbox().is_closed() && end.outbox().waiting() == 0 {
            self.line.close();
        }
    }
}

impl Line {
    pub(crate) fn new(stream: Stream, side: Side) -> Self {
        if let At::Reading(Reading::LeaksDescriptors) = current() {
            mem::forget(stream.try_clone());
        }
        let frames: Box<dyn Frames> = match current() {
            At::Frames(make) => make(side),
            _ => Box::new(crate::frames::Sound),
        };
        let inner = Arc::new(Inner {
            stream,
            side,
            frames: Mutex::new(frames),
            writing: Mutex::default(),
            receiving: Mutex::default(),
            using: Mutex::default(),
            lost: Arc::default(),
            end: Arc::default(),
        });
        lock(&LINES).push(Arc::downgrade(&inner));
        Self(inner)
    }

    pub(crate) fn peer(&self) -> String {
        self.0.stream.peer().to_string()
    }

    /// Whether the stream has ended.
    pub(crate) fn lost(&self) -> Arc<AtomicBool> {
        self.0.lost.clone()
    }

    pub(crate) fn codec(&self) -> Faulty {
        Faulty { lost: self.lost(), end: self.0.end.clone() }
    }

    pub(crate) fn mover(&self, end: &Weak<End<Faulty>>) -> impl Mover + use<> {
        Waker { line: self.clone(), end: end.clone() }
    }

    pub(crate) fn start(&self, end: &Arc<End<Faulty>>) -> Result<()> {
        let _ = self.0.end.set(Arc::downgrade(end));
        let (writer, reader) = ((self.clone(), end.clone()), (self.clone(), end.clone()));
        let writes = thread::Builder::new().name("broken-write".into()).spawn(move || writer.0.write_all(&writer.1));
        let reads = thread::Builder::new().name("broken-read".into()).spawn(move || reader.0.read_all(&reader.1));
        writes.and(reads).map(drop).map_err(|error| gone(&error))
    }

    fn write_all(&self, end: &Arc<End<Faulty>>) {
        while let Some(frame) = end.outbox().next() {
            let weight = frame.weight();
            let moves = lock(&self.0.frames).outgoing(frame);
            self.make(moves, end);
            end.outbox().written(weight);
        }
        self.close();
    }

    fn read_all(&self, end: &Arc<End<Faulty>>) {
        let mut said_goodbye = false;
        let why = loop {
            match framing::read(&mut self.clone(), end.limits()) {
                Ok(Some(frame)) => {
                    said_goodbye |= matches!(frame, Frame::Close { .. });
                    let moves = lock(&self.0.frames).incoming(frame);
                    self.make(moves, end);
                }
                Ok(None) => break Exception::new(ExceptionKind::Disconnected, "the peer closed the stream"),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.malformed();
                    break Exception::new(ExceptionKind::Protocol, error.to_string());
                }
                Err(error) => break gone(&error),
            }
        };
        self.0.lost.store(true, Ordering::SeqCst);
        match current() {
            At::Reading(Reading::IgnoresTheEnd) if self.0.side == Side::Client => return,
            At::Reading(Reading::NeedsAGoodbye) if self.0.side == Side::Client && !said_goodbye => return,
            _ => {}
        }
        end.lose(match self.0.stream.peer().exit_note(Duration::from_millis(500)) {
            Some(note) => Exception::new(why.kind(), format!("{}: {note}", why.message())),
            None => why,
        });
    }

    fn malformed(&self) {
        match current() {
            At::Reading(Reading::IgnoresWhatIsMalformed) => loop {
                thread::park();
            },
            At::Reading(Reading::ClosesAllForOne) => close_all(),
            _ => {}
        }
    }

    fn make(&self, moves: Moves, end: &Arc<End<Faulty>>) {
        for frame in moves.out {
            let _one = lock(&self.0.writing);
            let _alone = (current_reading() == Some(Reading::StopsWhileItWrites)).then(|| lock(&self.0.using));
            if let Err(error) = (&self.0.stream).write_all(&framing::encode(&frame)) {
                end.lose(gone(&error));
            }
        }
        for frame in moves.back {
            let received = {
                let _one = lock(&self.0.receiving);
                end.receive(frame)
            };
            received.run();
        }
        if moves.closes_all {
            close_all();
        }
    }

    fn close(&self) {
        let _ = self.0.stream.shutdown(Shutdown::Both);
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let stream = &self.0.stream;
        if current_reading() != Some(Reading::StopsWhileItWrites) {
            return stream.recv(into);
        }
        stream.wait_readable(None)?;
        let _alone = lock(&self.0.using);
        stream.recv(into)
    }
}

fn current_reading() -> Option<Reading> {
    match current() {
        At::Reading(reading) => Some(reading),
        _ => None,
    }
}

fn close_all() {
    for line in lock(&LINES).iter().filter_map(Weak::upgrade) {
        Line(line).close();
    }
}

fn gone(error: &io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("the stream failed: {error}"))
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
