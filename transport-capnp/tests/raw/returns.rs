//! Returns that no server of ours sends, put into the place of one that it did send.

use std::{
    io::Write,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use capnp::{
    message::{Builder, Reader, ReaderOptions},
    serialize::{self, OwnedSegments},
};
use capnp_rpc::rpc_capnp::{message, message_target, return_};
use ipc_core::{ExceptionKind, Options, Stream, Transport, deadline::deadline};
use transport_capnp::Capnp;

use crate::{
    peer::{number, ordinal},
    server::{Hostile, Server},
};

/// A client, between which and its server the first return to a call of `now` is what `fill` makes of it. What the client
/// sends goes on unless `take` has it.
fn forged<T: Send + 'static>(
    fill: fn(return_::Builder<'_>),
    mut take: impl FnMut(message::Reader<'_>) -> Option<T> + Send + 'static,
    client: impl FnOnce(Arc<dyn Hostile>),
) -> Vec<T> {
    let (client_end, mut to_client) = UnixStream::pair().unwrap();
    let (server_end, mut to_server) = UnixStream::pair().unwrap();
    let mut from_client = to_client.try_clone().unwrap();
    let mut from_server = to_server.try_clone().unwrap();
    let serving = {
        let stream = Stream::from_fd(server_end.into()).unwrap();
        Capnp.accept::<dyn Hostile>(stream, Arc::<Server>::default(), Options::default()).unwrap()
    };
    let (asked, question) = std::sync::mpsc::channel();
    let requests = thread::spawn(move || {
        let mut taken = Vec::new();
        while let Ok(message) = serialize::read_message(&mut from_client, ReaderOptions::new()) {
            let root: message::Reader<'_> = message.get_root().unwrap();
            if let message::Call(call) = root.which().unwrap() {
                let call = call.unwrap();
                if call.get_method_id() == ordinal::<dyn Hostile>("now") {
                    asked.send(call.get_question_id()).unwrap();
                }
            }
            match take(root) {
                Some(it) => taken.push(it),
                None => pass_on(&mut to_server, message),
            }
        }
        taken
    });
    let replies = thread::spawn(move || {
        let mut forged = None;
        while let Ok(message) = serialize::read_message(&mut from_server, ReaderOptions::new()) {
            let root: message::Reader<'_> = message.get_root().unwrap();
            forged = forged.or_else(|| question.try_recv().ok().map(|question| (question, true)));
            if let (Some((question, still)), message::Return(reply)) = (&mut forged, root.which().unwrap())
                && reply.unwrap().get_answer_id() == *question
                && std::mem::take(still)
            {
                let mut builder = Builder::new_default();
                let mut reply = builder.init_root::<message::Builder<'_>>().init_return();
                reply.set_answer_id(*question);
                reply.set_release_param_caps(false);
                fill(reply);
                to_client.write_all(&serialize::write_message_to_words(&builder)).unwrap();
            } else {
                pass_on(&mut to_client, message);
            }
        }
    });
    let connected =
        Capnp.connect::<dyn Hostile>(Stream::from_fd(client_end.into()).unwrap(), Options::default()).unwrap();
    client(connected.root.clone());
    connected.connection.close(Duration::from_secs(20)).unwrap();
    let taken = requests.join().unwrap();
    drop(serving);
    replies.join().unwrap();
    taken
}

fn pass_on(stream: &mut UnixStream, message: Reader<OwnedSegments>) {
    // The other side may be gone.
    let _ = serialize::write_message_segments(stream, &message.into_segments());
}

#[test]
fn objects_that_no_result_has_room_for_are_released() {
    const OBJECT: u32 = 77;
    let released = forged(
        |reply| {
            let mut results = reply.init_results();
            results.reborrow().init_cap_table(1).get(0).set_sender_hosted(OBJECT);
            number(results, 43);
        },
        |message| match message.which().unwrap() {
            message::Release(release) => {
                let release = release.unwrap();
                (release.get_id() == OBJECT).then(|| release.get_reference_count())
            }
            _ => None,
        },
        |root| {
            assert_eq!(root.now().unwrap(), 43);
            assert_eq!(root.now().unwrap(), 42);
        },
    );
    assert_eq!(released, [1]);
}

#[test]
fn a_return_that_is_none_ends_its_call_and_no_other() {
    let refused = forged(
        |mut reply| reply.set_canceled(()),
        |message| matches!(message.which().unwrap(), message::Unimplemented(_)).then_some(()),
        |root| {
            // Only against hanging.
            let error = deadline(Duration::from_secs(20), || root.now()).unwrap_err();
            assert_eq!(error.kind(), ExceptionKind::Protocol, "{error}");
            assert_eq!(root.now().unwrap(), 42);
        },
    );
    assert_eq!(refused.len(), 1);
}

/// Not the answer in which it came, which the peer may forget.
#[test]
fn calls_of_the_root_are_made_to_the_object() {
    let targets = Arc::<Mutex<Vec<Option<u32>>>>::default();
    let seen = targets.clone();
    forged(
        |reply| number(reply.init_results(), 43),
        move |message| -> Option<()> {
            if let message::Call(call) = message.which().unwrap() {
                let call = call.unwrap();
                if call.get_method_id() == ordinal::<dyn Hostile>("now") {
                    seen.lock().unwrap().push(match call.get_target().unwrap().which().unwrap() {
                        message_target::ImportedCap(number) => Some(number),
                        message_target::PromisedAnswer(_) => None,
                    });
                }
            }
            None
        },
        |root| assert_eq!((root.now().unwrap(), root.now().unwrap()), (43, 42)),
    );
    assert_eq!(*targets.lock().unwrap(), [Some(0), Some(0)]);
}
