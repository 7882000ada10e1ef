//! A client as bytes: it calls what it wants, and reads when it wants.

use std::{
    io::{ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    time::Duration,
};

use capnp::{
    message::{Builder, Reader, ReaderOptions},
    serialize::{self, OwnedSegments},
};
use capnp_rpc::rpc_capnp::{call, cap_descriptor, exception, finish, message, payload, return_};
use ipc_core::{Connection, Interface, Limits, Options, Stream, Transport};
use transport_capnp::Capnp;

use crate::server::{Hostile, Server};

/// The question that every peer asks first.
pub(crate) const ROOT: u32 = 0;
/// The answer to this one begins with the server's thread map.
pub(crate) const THREADS: u32 = 1;
/// The first number for questions of a test's own.
pub(crate) const FREE: u32 = 10;

const THREAD_MAP: u64 = 0xee5e_3717_9ad9_dc9d;
const THREAD: u64 = 0x81c1_e260_0d0b_56c5;

/// A peer's end.
pub(crate) struct Peer {
    pub(crate) stream: UnixStream,
    /// What is to be written in one go.
    gathered: Option<Vec<u8>>,
}

/// What is called.
#[derive(Clone, Copy)]
pub(crate) enum On {
    /// An object that the peer was given.
    Import(u32),
    /// The root of the answer to a question.
    Answer(u32),
    /// The first object in the answer to a question, which need not be there yet.
    In(u32),
}

/// The reply to a question.
pub(crate) struct Reply {
    pub(crate) question: u32,
    message: Reader<OwnedSegments>,
}

/// A server with these limits, its connection, and a peer that has shaken hands. The server has `pool` workers for calls that
/// name no thread.
pub(crate) fn connect(pool: u32, limit: impl FnOnce(&mut Limits)) -> (Arc<Server>, Connection, Peer) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    // Only against hanging.
    ours.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let server = Arc::<Server>::default();
    let mut options = Options::default();
    limit(&mut options.limits);
    let stream = Stream::from_fd(theirs.into()).unwrap();
    let connection = Capnp.accept::<dyn Hostile>(stream, server.clone(), options).unwrap();
    let mut peer = Peer::new(ours);
    peer.send(|message| message.init_bootstrap().set_question_id(ROOT));
    peer.call(THREADS, On::Answer(ROOT), <dyn Hostile>::ID, 0, |_| ());
    peer.call(2, On::In(THREADS), THREAD_MAP, 1, |params| number(params, pool));
    for question in [ROOT, THREADS, 2] {
        assert_eq!(peer.reply().question, question);
    }
    (server, connection, peer)
}

impl Peer {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, gathered: None }
    }

    pub(crate) fn send(&mut self, fill: impl FnOnce(message::Builder<'_>)) {
        let mut builder = Builder::new_default();
        fill(builder.init_root());
        let bytes = serialize::write_message_to_words(&builder);
        match &mut self.gathered {
            Some(gathered) => gathered.extend(bytes),
            None => self.write(&bytes),
        }
    }

    /// The server may have hung up, as some tests want it to; the others notice where they read.
    fn write(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
            written => written.unwrap(),
        }
    }

    /// Sends all that `work` sends in one write.
    pub(crate) fn in_one_write(&mut self, work: impl FnOnce(&mut Self)) {
        self.gathered = Some(Vec::new());
        work(self);
        let gathered = self.gathered.take().unwrap();
        self.write(&gathered);
    }

    /// Calls a method.
    pub(crate) fn call(
        &mut self,
        question: u32,
        on: On,
        interface: u64,
        ordinal: u16,
        fill: impl FnOnce(payload::Builder<'_>),
    ) {
        self.send(|message| {
            let mut call: call::Builder<'_> = message.init_call();
            call.set_question_id(question);
            call.set_interface_id(interface);
            call.set_method_id(ordinal);
            let mut target = call.reborrow().init_target();
            match on {
                On::Import(id) => target.set_imported_cap(id),
                On::Answer(question) => target.init_promised_answer().set_question_id(question),
                On::In(question) => {
                    let mut answer = target.init_promised_answer();
                    answer.set_question_id(question);
                    answer.init_transform(1).get(0).set_get_pointer_field(0);
                }
            }
            fill(call.init_params());
        });
    }

    /// Calls a method of the root by its name.
    pub(crate) fn call_root(&mut self, question: u32, method: &str, fill: impl FnOnce(payload::Builder<'_>)) {
        self.call(question, On::Answer(ROOT), <dyn Hostile>::ID, ordinal::<dyn Hostile>(method), fill);
    }

    /// Has the server make a thread of this name, and tells what it is called there.
    pub(crate) fn name_of_thread(&mut self, name: &str) -> String {
        self.call(FREE, On::In(THREADS), THREAD_MAP, 0, |params| {
            let mut first: exception::Builder<'_> = params.get_content().init_as();
            first.set_reason(name);
        });
        self.call(FREE + 1, On::In(FREE), THREAD, 0, |_| ());
        assert_eq!(self.reply().question, FREE);
        self.reply().text()
    }

    /// The next reply.
    pub(crate) fn reply(&mut self) -> Reply {
        loop {
            let message = serialize::read_message(&mut self.stream, ReaderOptions::new()).unwrap();
            let root: message::Reader<'_> = message.get_root().unwrap();
            if let message::Return(reply) = root.which().unwrap() {
                let question = reply.unwrap().get_answer_id();
                return Reply { question, message };
            }
        }
    }

    /// Reads, and forgets, what comes, until the server has closed the connection.
    pub(crate) fn until_closed(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return,
                // It had not read all that was sent to it.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                read => drop(read.unwrap()),
            }
        }
    }
}

impl Reply {
    /// A number at the beginning of the results.
    pub(crate) fn number(&self) -> u32 {
        self.results().get_content().get_as::<finish::Reader<'_>>().unwrap().get_question_id()
    }

    /// A text that is the first result.
    pub(crate) fn text(&self) -> String {
        let first: exception::Reader<'_> = self.results().get_content().get_as().unwrap();
        first.get_reason().unwrap().to_string().unwrap()
    }

    /// By what number the only object in the results is called.
    pub(crate) fn object(&self) -> u32 {
        match self.results().get_cap_table().unwrap().get(0).which().unwrap() {
            cap_descriptor::SenderHosted(id) => id,
            _ => panic!("it is no object of the server's"),
        }
    }

    /// How the call failed, if it did.
    pub(crate) fn error(&self) -> Option<(exception::Type, String)> {
        match self.reply().which().unwrap() {
            return_::Exception(error) => {
                let error = error.unwrap();
                Some((error.get_type().unwrap(), error.get_reason().unwrap().to_string().unwrap()))
            }
            _ => None,
        }
    }

    fn results(&self) -> payload::Reader<'_> {
        match self.reply().which().unwrap() {
            return_::Results(results) => results.unwrap(),
            _ => panic!("it failed: {:?}", self.error()),
        }
    }

    fn reply(&self) -> return_::Reader<'_> {
        let root: message::Reader<'_> = self.message.get_root().unwrap();
        match root.which().unwrap() {
            message::Return(reply) => reply.unwrap(),
            _ => unreachable!("only replies are kept"),
        }
    }
}

/// Parameters that begin with a number.
pub(crate) fn number(params: payload::Builder<'_>, number: u32) {
    let mut first: finish::Builder<'_> = params.get_content().init_as();
    first.set_question_id(number);
}

/// Parameters of which the second pointer, behind the context, is a text.
pub(crate) fn text(params: payload::Builder<'_>, text: &str) {
    let mut pointers: exception::Builder<'_> = params.get_content().init_as();
    pointers.set_trace(text);
}

/// The number of a method.
pub(crate) fn ordinal<I: Interface + ?Sized>(method: &str) -> u16 {
    I::SCHEMA.methods.iter().find(|known| known.name == method).unwrap().ordinal
}
