//! Calls of this side whose replies are read from the messages that bring them.
//!
//! capnp-rpc gives a reply as a promise and a pipeline, which take half a dozen futures a call. Where a reply cannot hold
//! capabilities nobody needs them. Such a call is sent as those of a stream are: capnp-rpc takes its return, and drops the
//! results; they are read here, from the very message.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use capnp::{any_pointer, capability::Promise, private::capability::ClientHook};
use capnp_rpc::{FlowController, OutgoingMessage};
use rustc_hash::FxHashMap;

use super::{
    Body, CallId, Failure,
    effects::Contents,
    network::Wire,
    state::{State, Tables},
};
use crate::{
    connection::CallSlot,
    message::{RETURN, Received},
};

/// The calls, by the numbers of their questions.
#[derive(Default)]
pub(super) struct Asked {
    calls: FxHashMap<u32, Call>,
    generation: u64,
}

struct Call {
    generation: u64,
    slot: Arc<CallSlot>,
    /// Done once capnp-rpc has the return. Dropping it gives the question up.
    ack: Promise<(), capnp::Error>,
}

type Request = capnp::capability::Request<any_pointer::Owned, any_pointer::Owned>;

impl State {
    /// Sends a call whose reply holds no capabilities.
    ///
    /// # Errors
    ///
    /// If it could not be sent.
    pub(super) fn send_asked(&mut self, request: Request, slot: Arc<CallSlot>) -> Result<CallId, Failure> {
        let wire = &self.tables.wire;
        let (sent, number) = wire.call_of(|| request.hook.send_streaming());
        let (Some(number), Some(ack)) = (number, wire.take_acknowledged()) else {
            return Err(Failure(match poll(sent) {
                Poll::Ready(Err(error)) => error,
                _ => capnp::Error::failed("the request did not take the connection that it is for".into()),
            }));
        };
        let mut asked = self.tables.asked.borrow_mut();
        asked.generation += 1;
        let generation = asked.generation;
        asked.calls.insert(number, Call { generation, slot, ack });
        Ok(CallId::Asked { number, generation })
    }

    /// Gives a call up, unless it is over.
    pub(super) fn cancel_asked(&mut self, number: u32, generation: u64) {
        let mut asked = self.tables.asked.borrow_mut();
        let call = if asked.calls.get(&number).is_some_and(|call| call.generation == generation) {
            asked.calls.remove(&number)
        } else {
            None
        };
        drop(asked);
        drop(call);
    }
}

impl Tables {
    /// Whether replies to calls of this object, which hold no capabilities, can be read from their messages.
    ///
    /// The peer must be one that gives an answer where it is asked for one, not in another question's, as those with threads
    /// do; and the object one that is on its side, for all that is known now.
    pub(super) fn can_ask(&self, target: &dyn ClientHook) -> bool {
        let threads = self.peer_thread_map.borrow();
        threads.as_ref().is_some_and(|threads| threads.get_brand() == target.get_brand())
            && target.get_resolved().is_none()
    }

    /// The call that this message answers, if its reply is read from it.
    pub(super) fn asked_by(&self, message: &Received) -> Option<(u32, Received)> {
        let asked = self.asked.borrow();
        if asked.calls.is_empty() || message.kind() != Some(RETURN) {
            return None;
        }
        let number = message.question()?;
        asked.calls.contains_key(&number).then(|| (number, message.clone()))
    }

    /// Gives a call its reply, which capnp-rpc has taken note of.
    pub(super) fn answered(&self, number: u32, message: Received) {
        let Some(call) = self.asked.borrow_mut().calls.remove(&number) else { return };
        let reply = match poll(call.ack) {
            Poll::Ready(Ok(())) => Ok(Body { message: Contents::Shared(message), caps: Vec::new() }),
            Poll::Ready(Err(error)) => Err(self.failure(error)),
            Poll::Pending => Err(Failure(capnp::Error::failed("a return without results".into()))),
        };
        self.effects.borrow_mut().replies.push((call.slot, reply));
    }

    /// Tells all that the connection is lost.
    pub(super) fn end_asked(&self) {
        let asked = std::mem::take(&mut *self.asked.borrow_mut());
        let lost = || Failure(capnp::Error::disconnected(crate::wire_error::LOST.into()));
        let replies = asked.calls.into_values().map(|call| (call.slot, Err(lost())));
        self.effects.borrow_mut().replies.extend(replies);
    }
}

fn poll(mut promise: Promise<(), capnp::Error>) -> Poll<Result<(), capnp::Error>> {
    Pin::new(&mut promise).poll(&mut Context::from_waker(Waker::noop()))
}

/// What capnp-rpc takes for the control of a stream: it only takes hold of what says that a call is answered.
pub(super) struct Acknowledged(pub(super) Rc<Wire>);

impl FlowController for Acknowledged {
    fn send(&mut self, message: Box<dyn OutgoingMessage>, ack: Promise<(), capnp::Error>) -> Promise<(), capnp::Error> {
        let (sent, _) = message.send();
        self.0.acknowledge(ack);
        sent
    }

    fn wait_all_acked(&mut self) -> Promise<(), capnp::Error> {
        Promise::ok(())
    }
}
