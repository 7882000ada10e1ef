//! The network that capnp-rpc sees: received messages come from a queue, outgoing ones are appended to a buffer.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    task::{Poll, Waker},
};

use capnp::{
    any_pointer,
    capability::Promise,
    message::{Builder, HeapAllocator, Reader},
};
use capnp_rpc::{
    Connection, FlowController, IncomingMessage, OutgoingMessage, VatNetwork, rpc_capnp::message,
    rpc_twoparty_capnp::Side,
};

use super::{
    asked::Acknowledged,
    attach::{self, Chunk},
    questions::Questions,
};
use crate::{
    message::{BOOTSTRAP, CALL, FINISH, RELEASE, RETURN, Received},
    segments::Contents,
};

/// What capnp-rpc's side of the network and ours share.
#[derive(Default)]
pub(crate) struct Wire {
    inbox: RefCell<VecDeque<Received>>,
    /// Set once nothing more comes.
    ended: RefCell<Option<capnp::Error>>,
    /// Calls and bootstraps that came in.
    questions: RefCell<Questions<Received>>,
    /// The call that came in last, until it is dispatched.
    arriving: Cell<Option<u32>>,
    /// Set once capnp-rpc gives the connection up.
    given_up: RefCell<Option<capnp::Error>>,
    reader: RefCell<Option<Waker>>,
    output: RefCell<VecDeque<Chunk>>,
    /// Large contents that the next message of this kind carries.
    attached: RefCell<Option<Box<Contents>>>,
    /// Whether something in the output should not wait.
    urgent: Cell<bool>,
    /// The question of the call that was made last.
    last_call: Cell<Option<u32>>,
    /// The next call is not to be sent.
    keeps_call: Cell<bool>,
    /// What says that the last call is answered, if its reply is read from the message.
    acknowledged: RefCell<Option<Promise<(), capnp::Error>>>,
    /// How large the next outgoing message will be, in words.
    next_size: Cell<u32>,
    /// The number of an import whose next release is not to be sent.
    withheld: Cell<Option<u32>>,
    /// The message whose body was asked for last.
    last_body: RefCell<Option<Received>>,
}

/// What a message needs beside its contents: `Message`, `Call`, `Payload`, a target, and descriptors.
const ENVELOPE_WORDS: u32 = 40;
/// Most messages fit.
const FIRST_BYTES: usize = 512;

impl Wire {
    /// Gives capnp-rpc a message. Gives back the number of a call that the peer gives up before it is answered.
    pub(crate) fn receive(&self, message: Received) -> Option<u32> {
        let mut questions = self.questions.borrow_mut();
        let message = match message.kind() {
            Some(kind @ (CALL | BOOTSTRAP)) => {
                let number = message.question();
                questions.ask(number);
                self.arriving.set(number.filter(|_| kind == CALL));
                message
            }
            Some(FINISH) => match message.question() {
                None => message,
                Some(number) => match questions.finish(number, message) {
                    None => return Some(number),
                    Some(message) => message,
                },
            },
            _ => message,
        };
        drop(questions);
        self.deliver(message);
        None
    }

    pub(super) fn deliver(&self, message: Received) {
        self.inbox.borrow_mut().push_back(message);
        self.wake_reader();
    }

    /// The number of the call that came in last, if it is the one that is dispatched now.
    pub(crate) fn take_arriving(&self) -> Option<u32> {
        self.arriving.take()
    }

    /// Whether the peer has given up a call that is not answered.
    pub(crate) fn is_given_up_call(&self, number: u32) -> bool {
        self.questions.borrow().is_given_up(number)
    }

    /// How many calls and bootstraps that came in have no return yet.
    pub(crate) fn open_calls(&self) -> usize {
        self.questions.borrow().open()
    }

    /// How many calls and bootstraps that came in the peer has not finished: their results are kept.
    pub(crate) fn unfinished(&self) -> usize {
        self.questions.borrow().unfinished()
    }

    /// Tells capnp-rpc that nothing more comes.
    pub(crate) fn end(&self, error: capnp::Error) {
        self.ended.borrow_mut().get_or_insert(error);
        self.wake_reader();
    }

    /// Why capnp-rpc gave the connection up, if it did.
    pub(crate) fn given_up(&self) -> Option<capnp::Error> {
        self.given_up.borrow().clone()
    }

    fn wake_reader(&self) {
        if let Some(waker) = self.reader.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Moves the output to `sink`. Gives how many bytes that is, and whether something in it should not wait.
    pub(crate) fn take_output(&self, sink: &mut VecDeque<Chunk>) -> (usize, bool) {
        let mut output = self.output.borrow_mut();
        let bytes = output.iter().map(Chunk::len).sum();
        // What waited for this goes with it in one system call.
        if let (Some(Chunk::Bytes(waiting)), Some(Chunk::Bytes(bytes))) = (sink.back_mut(), output.front()) {
            waiting.extend_from_slice(bytes);
            output.pop_front();
        }
        if sink.is_empty() {
            std::mem::swap(sink, &mut output);
        } else {
            sink.append(&mut output);
        }
        (bytes, self.urgent.take())
    }

    /// Has the next call or return carry these contents.
    pub(crate) fn attach(&self, contents: Contents) {
        *self.attached.borrow_mut() = Some(Box::new(contents));
    }

    /// Forgets contents that no message came to carry.
    pub(crate) fn forget_attached(&self) {
        let attached = self.attached.borrow_mut().take();
        drop(attached);
    }

    /// Whether there is output.
    pub(crate) fn has_output(&self) -> bool {
        !self.output.borrow().is_empty()
    }

    /// Runs `ask`, which has capnp-rpc make a call; gives the question, if it came to that.
    pub(super) fn call_of<T>(&self, ask: impl FnOnce() -> T) -> (T, Option<u32>) {
        self.last_call.set(None);
        let asked = ask();
        (asked, self.last_call.get())
    }

    /// The same; the call is not sent.
    pub(super) fn unsent_call_of<T>(&self, ask: impl FnOnce() -> T) -> (T, Option<u32>) {
        self.keeps_call.set(true);
        let call = self.call_of(ask);
        self.keeps_call.set(false);
        call
    }

    /// Notes what says that the call which was sent last is answered.
    pub(super) fn acknowledge(&self, ack: Promise<(), capnp::Error>) {
        *self.acknowledged.borrow_mut() = Some(ack);
    }

    /// What says so.
    pub(super) fn take_acknowledged(&self) -> Option<Promise<(), capnp::Error>> {
        self.acknowledged.borrow_mut().take()
    }

    /// Has the next release of this import not be sent: this side keeps it.
    pub(crate) fn withhold_release(&self, import: u32) {
        self.withheld.set(Some(import));
    }

    /// Stops that; tells whether it had not come to it yet.
    pub(crate) fn stop_withholding(&self) -> bool {
        self.withheld.take().is_some()
    }

    fn append(&self, message: &Builder<HeapAllocator>) -> capnp::Result<()> {
        let mut output = self.output.borrow_mut();
        if let Some(Chunk::Bytes(bytes)) = output.back_mut() {
            return capnp::serialize::write_message(bytes, message);
        }
        let mut bytes = Vec::with_capacity(FIRST_BYTES);
        capnp::serialize::write_message(&mut bytes, message)?;
        output.push_back(Chunk::Bytes(bytes));
        Ok(())
    }

    fn append_with(&self, message: &Builder<HeapAllocator>, contents: Box<Contents>) -> capnp::Result<()> {
        let (before, after) = attach::carry(message, &contents)?;
        let mut output = self.output.borrow_mut();
        output.push_back(Chunk::Bytes(before));
        output.push_back(Chunk::Segments(contents));
        output.push_back(Chunk::Bytes(after));
        Ok(())
    }

    /// Whether a release is the one that is to be withheld.
    fn withholds(&self, message: &Builder<HeapAllocator>) -> bool {
        let Some(withheld) = self.withheld.get() else { return false };
        let root = message.get_root_as_reader::<message::Reader<'_>>().and_then(|root| Ok(root.which()?));
        let Ok(message::Release(Ok(release))) = root else { return false };
        if withheld != release.get_id() || release.get_reference_count() != 1 {
            return false;
        }
        self.withheld.set(None);
        true
    }

    /// Notes that a return goes out; what finishes its question may have come before.
    fn answers(&self, message: &Builder<HeapAllocator>) {
        let root = message.get_root_as_reader::<message::Reader<'_>>().and_then(|root| Ok(root.which()?));
        let Ok(message::Return(Ok(answer))) = root else { return };
        let (number, needs_finish) = (answer.get_answer_id(), !answer.get_no_finish_needed());
        let early = self.questions.borrow_mut().answer(number, needs_finish);
        if let Some(finish) = early {
            self.deliver(finish);
        }
    }

    /// Says how many words the contents of the next outgoing message take.
    pub(crate) fn expect_words(&self, words: usize) {
        self.next_size.set(u32::try_from(words).unwrap_or(u32::MAX).saturating_add(ENVELOPE_WORDS));
    }

    /// Runs `ask`, which asks a hook of capnp-rpc for a message body; gives the message that it lies in.
    pub(crate) fn body_of<T>(&self, ask: impl FnOnce() -> T) -> (T, Option<Received>) {
        self.last_body.borrow_mut().take();
        let answer = ask();
        (answer, self.last_body.borrow_mut().take())
    }
}

/// The network: one connection, known from the start.
pub(crate) struct Network {
    wire: Rc<Wire>,
    side: Side,
    accepted: bool,
}

impl Network {
    pub(crate) fn new(wire: Rc<Wire>, side: Side) -> Self {
        Self { wire, side, accepted: false }
    }

    fn connection(&self) -> Box<dyn Connection<Side>> {
        Box::new(OnlyConnection { wire: self.wire.clone(), side: self.side })
    }
}

impl VatNetwork<Side> for Network {
    fn connect(&mut self, host: Side) -> Option<Box<dyn Connection<Side>>> {
        if host == self.side { None } else { Some(self.connection()) }
    }

    fn accept(&mut self) -> Promise<Box<dyn Connection<Side>>, capnp::Error> {
        if std::mem::replace(&mut self.accepted, true) {
            return Promise::from_future(std::future::pending());
        }
        Promise::ok(self.connection())
    }

    fn drive_until_shutdown(&mut self) -> Promise<(), capnp::Error> {
        Promise::from_future(std::future::pending())
    }
}

struct OnlyConnection {
    wire: Rc<Wire>,
    side: Side,
}

impl Connection<Side> for OnlyConnection {
    fn get_peer_vat_id(&self) -> Side {
        match self.side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    fn new_outgoing_message(&mut self, _: u32) -> Box<dyn OutgoingMessage> {
        // capnp-rpc's hints are guesses; ours are measured.
        let words = self.wire.next_size.replace(ENVELOPE_WORDS).max(ENVELOPE_WORDS);
        let allocator = HeapAllocator::new().first_segment_words(words);
        Box::new(Outgoing { message: Builder::new(allocator), wire: self.wire.clone() })
    }

    fn receive_incoming_message(&mut self) -> Promise<Option<Box<dyn IncomingMessage>>, capnp::Error> {
        let wire = self.wire.clone();
        Promise::from_future(std::future::poll_fn(move |context| {
            if let Some(message) = wire.inbox.borrow_mut().pop_front() {
                let incoming = Incoming { reader: message.reader(), message, wire: wire.clone() };
                return Poll::Ready(Ok(Some(Box::new(incoming) as _)));
            }
            if let Some(error) = wire.ended.borrow().clone() {
                return Poll::Ready(Err(error));
            }
            *wire.reader.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        }))
    }

    fn new_stream(&mut self) -> (Box<dyn FlowController>, Promise<(), capnp::Error>) {
        (Box::new(Acknowledged(self.wire.clone())), Promise::ok(()))
    }

    fn shutdown(&mut self, result: capnp::Result<()>) -> Promise<(), capnp::Error> {
        let why = result.err().unwrap_or_else(|| capnp::Error::disconnected("the RPC layer ended".into()));
        self.wire.given_up.borrow_mut().get_or_insert(why);
        Promise::ok(())
    }
}

struct Incoming {
    message: Received,
    reader: Reader<Received>,
    wire: Rc<Wire>,
}

impl IncomingMessage for Incoming {
    fn get_body(&self) -> capnp::Result<any_pointer::Reader<'_>> {
        *self.wire.last_body.borrow_mut() = Some(self.message.clone());
        self.reader.get_root()
    }
}

struct Outgoing {
    message: Builder<HeapAllocator>,
    wire: Rc<Wire>,
}

impl OutgoingMessage for Outgoing {
    fn get_body(&mut self) -> capnp::Result<any_pointer::Builder<'_>> {
        self.message.get_root()
    }

    fn get_body_as_reader(&self) -> capnp::Result<any_pointer::Reader<'_>> {
        self.message.get_root_as_reader()
    }

    fn send(self: Box<Self>) -> (Promise<(), capnp::Error>, Rc<Builder<HeapAllocator>>) {
        let kind = crate::message::kind_of(&self.message);
        if kind == Some(CALL) {
            self.wire.last_call.set(crate::message::question_of(&self.message));
            if self.wire.keeps_call.take() {
                return (Promise::ok(()), Rc::new(self.message));
            }
        }
        // Finish and Release save a system call and a wake-up of the peer each by waiting for the next message.
        match kind {
            Some(RELEASE) if self.wire.withholds(&self.message) => return (Promise::ok(()), Rc::new(self.message)),
            Some(FINISH | RELEASE) => {}
            _ => self.wire.urgent.set(true),
        }
        if kind == Some(RETURN) {
            self.wire.answers(&self.message);
        }
        let carries = matches!(kind, Some(CALL | RETURN));
        let attached = if carries { self.wire.attached.borrow_mut().take() } else { None };
        let appended = match attached {
            None => self.wire.append(&self.message),
            Some(contents) => self.wire.append_with(&self.message, contents).inspect_err(|error| {
                // Nobody would ever get an answer to it.
                self.wire.given_up.borrow_mut().get_or_insert(error.clone());
            }),
        };
        let sent = match appended {
            Ok(()) => Promise::ok(()),
            Err(error) => Promise::err(error),
        };
        (sent, Rc::new(self.message))
    }

    fn take(self: Box<Self>) -> Builder<HeapAllocator> {
        self.message
    }

    fn size_in_words(&self) -> usize {
        self.message.size_in_words()
    }
}
