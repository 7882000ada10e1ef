//! Servers that end the connection while a client shakes hands.

use std::{os::unix::net::UnixStream, thread};

use capnp::{
    message::{Builder, ReaderOptions},
    serialize,
};
use capnp_rpc::rpc_capnp::{exception, message};
use ipc_core::{Exception, ExceptionKind, Options, Stream, Transport};
use transport_capnp::Capnp;

use crate::{peer::Peer, server::Hostile};

/// What a client is told by a server that reads its two questions, then does this, and then reads to the end.
fn told(server: impl FnOnce(&mut Peer) + Send + 'static) -> Exception {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let serving = thread::spawn(move || {
        let mut peer = Peer::new(theirs);
        for _ in 0..2 {
            serialize::read_message(&mut peer.stream, ReaderOptions::new()).unwrap();
        }
        server(&mut peer);
        peer.until_closed();
    });
    let connected = Capnp.connect::<dyn Hostile>(Stream::from_fd(ours.into()).unwrap(), Options::default());
    let error = connected.map(drop).expect_err("the server is none");
    serving.join().unwrap();
    error
}

/// In one go with the refusal of the hand-shake, after which a client asks for the root object.
#[test]
fn a_connection_that_is_lost_between_two_questions_is_disconnected() {
    let told = told(|peer| {
        let mut refusal = Builder::new_default();
        let mut answer = refusal.init_root::<message::Builder<'_>>().init_return();
        answer.set_answer_id(1);
        let mut error = answer.init_exception();
        error.set_type(exception::Type::Unimplemented);
        error.set_reason("no hand-shake here");
        let mut bytes = serialize::write_message_to_words(&refusal);
        // The header of a message of 32 GiB.
        bytes.extend([0, u32::MAX].map(u32::to_le_bytes).concat());
        std::io::Write::write_all(&mut peer.stream, &bytes).unwrap();
    });
    assert_eq!(told.kind(), ExceptionKind::Disconnected, "{told}");
    let lost = std::error::Error::source(&told).and_then(|source| source.downcast_ref::<Exception>());
    assert_eq!(lost.map(Exception::kind), Some(ExceptionKind::TooLarge), "{told:?}");
}

#[test]
fn a_server_that_leaves_interrupts_the_hand_shake() {
    let told = told(|peer| peer.stream.shutdown(std::net::Shutdown::Both).unwrap());
    assert_eq!(told.kind(), ExceptionKind::Interrupted, "{told}");
}
