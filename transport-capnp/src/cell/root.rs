//! The peer's root object.
//!
//! capnp-rpc keeps it a promise for as long as it is used, releases what the peer answered, and so does not know it when
//! the peer sends it once more. The number under which the peer exports it is in the answer to the bootstrap question, the
//! first there is. We withhold that one release, so that the number stays the object's: any capability that comes with it
//! is the root.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use capnp::{
    any_pointer,
    message::{Builder, HeapAllocator},
    private::capability::ClientHook,
    traits::{Imbue, ImbueMut},
};
use capnp_rpc::rpc_capnp::{cap_descriptor, message, payload, return_};

use super::{Body, Failure, ImportKey, state::State};
use crate::{connection::CallSlot, encoding, message::Received};

/// The bootstrap question is the first.
const BOOTSTRAP_QUESTION: u32 = 0;

/// What is known of the peer's root object.
#[derive(Default)]
pub(super) struct Root {
    hook: RefCell<Option<Box<dyn ClientHook>>>,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    /// What the peer answered: the number of its export, if it has one.
    answer: Option<Result<Option<u32>, capnp::Error>>,
    key: Option<ImportKey>,
    waiting: Option<Arc<CallSlot>>,
}

impl Root {
    /// Sets what capnp-rpc asked the peer for.
    pub(super) fn set(&self, hook: Box<dyn ClientHook>) {
        *self.hook.borrow_mut() = Some(hook);
    }

    pub(super) fn hook(&self) -> Result<Box<dyn ClientHook>, Failure> {
        let hook = self.hook.borrow().as_ref().map(|hook| hook.add_ref());
        hook.ok_or_else(|| Failure(capnp::Error::failed("this side has no root of the peer's to ask".into())))
    }

    /// The import of the root, if one of these descriptors may be it.
    fn import(&self) -> Option<(u32, ImportKey)> {
        let known = self.known.borrow();
        match (&known.answer, known.key) {
            (Some(Ok(Some(number))), Some(key)) => Some((*number, key)),
            _ => None,
        }
    }

    /// Forgets everything: the connection is lost.
    pub(super) fn end(&self) {
        let hook = self.hook.take();
        drop(hook);
        *self.known.borrow_mut() = Known::default();
    }
}

impl State {
    /// Looks at a message that came in, for the answer to the bootstrap question.
    pub(super) fn look_for_root(&self, received: &Received) {
        let root = &self.tables.root;
        if root.hook.borrow().is_none() || root.known.borrow().answer.is_some() {
            return;
        }
        let Some(answer) = answer(received).ok().flatten() else { return };
        let mut known = root.known.borrow_mut();
        let failed = answer.as_ref().err().cloned();
        if let Ok(Some(number)) = answer {
            self.tables.wire.withhold_release(number);
        }
        known.answer = Some(answer);
        if let Some(slot) = known.waiting.take() {
            let reply = failed.map_or_else(|| Ok(Body::empty()), |error| Err(Failure(error)));
            self.tables.effects.borrow_mut().replies.push((slot, reply));
        }
    }

    /// Waits for the peer's root object. The reply is empty.
    ///
    /// # Errors
    ///
    /// If this side does not ask for one.
    pub(crate) fn await_root(&mut self, slot: Arc<CallSlot>) -> Result<Option<super::CallId>, Failure> {
        self.tables.root.hook()?;
        let mut known = self.tables.root.known.borrow_mut();
        let reply = match &known.answer {
            None => {
                known.waiting = Some(slot);
                return Ok(None);
            }
            Some(Ok(_)) => Ok(Body::empty()),
            Some(Err(error)) => Err(Failure(error.clone())),
        };
        self.tables.effects.borrow_mut().replies.push((slot, reply));
        Ok(None)
    }

    /// The peer's root object, once.
    pub(crate) fn take_root(&mut self) -> Option<ImportKey> {
        let hook = self.tables.root.hook.take()?;
        let key = self.tables.imports.borrow_mut().add(hook);
        self.tables.root.known.borrow_mut().key = Some(key);
        Some(key)
    }

    /// The root was let go of.
    pub(super) fn forget_root(&self, key: ImportKey) {
        let mut known = self.tables.root.known.borrow_mut();
        if known.key == Some(key) {
            known.key = None;
            if let Some(Ok(Some(number))) = known.answer {
                self.tables.wire.release(number);
            }
        }
    }
}

/// The answer to the bootstrap question, if this is it.
fn answer(received: &Received) -> capnp::Result<Option<Result<Option<u32>, capnp::Error>>> {
    let reader = received.reader();
    let message::Return(answer) = reader.get_root::<message::Reader<'_>>()?.which()? else { return Ok(None) };
    let answer = answer?;
    if answer.get_answer_id() != BOOTSTRAP_QUESTION {
        return Ok(None);
    }
    Ok(Some(match answer.which()? {
        return_::Results(payload) => Ok(exported(payload?)?.first().copied().flatten()),
        return_::Exception(exception) => {
            let reason = exception?.get_reason()?.to_string()?;
            Err(capnp::Error::failed(format!("remote exception: {reason}")))
        }
        _ => Err(capnp::Error::failed("the peer gives no root object".into())),
    }))
}

/// The numbers of the peer's exports in a payload's table.
fn exported(payload: payload::Reader<'_>) -> capnp::Result<Vec<Option<u32>>> {
    let table = payload.get_cap_table()?;
    let mut numbers = Vec::new();
    for descriptor in table {
        numbers.push(match descriptor.which()? {
            cap_descriptor::SenderHosted(number) | cap_descriptor::SenderPromise(number) => Some(number),
            _ => None,
        });
    }
    Ok(numbers)
}

impl super::state::Tables {
    /// Which of the capabilities that were copied from a message are the peer's root object: its import, or none, in the
    /// order of the copy.
    pub(super) fn roots(self: &Rc<Self>, received: &Received) -> capnp::Result<Vec<Option<ImportKey>>> {
        let Some((number, key)) = self.root.import() else { return Ok(Vec::new()) };
        let reader = received.reader();
        let payload = match reader.get_root::<message::Reader<'_>>()?.which()? {
            message::Call(call) => call?.get_params()?,
            message::Return(answer) => match answer?.which()? {
                return_::Results(payload) => payload?,
                _ => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        let exported = exported(payload)?;
        if !exported.contains(&Some(number)) {
            return Ok(Vec::new());
        }
        // Copied once more, with stand-ins that know their place in the table: the order is the same.
        let stand_ins = encoding::placeholder::table(exported.len() as u32);
        let mut copy: Builder<HeapAllocator> = Builder::new_default();
        let mut order = Vec::new();
        {
            let mut target: any_pointer::Builder<'_> = copy.init_root();
            target.imbue_mut(&mut order);
            let mut content = payload.get_content();
            content.imbue(&stand_ins);
            target.set_as(content)?;
        }
        let places = order.iter().map(|hook| hook.as_ref().map(|hook| encoding::placeholder::index(hook.as_ref())));
        Ok(places
            .map(|place| {
                let at = exported.get(place? as usize)?;
                (*at == Some(number)).then_some(key)
            })
            .collect())
    }
}
