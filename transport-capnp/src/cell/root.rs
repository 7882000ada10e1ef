//! The peer's root object.
//!
//! capnp-rpc keeps it a promise for as long as it is used, and releases what the peer answered: each call would name that
//! answer in place of the object, and an object that comes back would not be known for the root. So the promise is exchanged
//! for the object: we withhold that one release, and have capnp-rpc make one call that is not sent, whose return we write
//! ourselves, with the capability in it that the peer's answer had.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use capnp::{
    any_pointer,
    message::{Builder, HeapAllocator},
    private::capability::ClientHook,
    traits::ImbueMut,
};
use capnp_rpc::rpc_capnp::{cap_descriptor, message, return_};

use super::{Body, Failure, ImportKey, state::State};
use crate::{connection::CallSlot, encoding, message::Received, mp};

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
    /// Whether the peer has answered, and gives one.
    answer: Option<Result<(), capnp::Error>>,
    /// What it is to be exchanged for.
    export: Option<Exported>,
    waiting: Option<Arc<CallSlot>>,
}

/// An object that the peer hosts, or will, by its number.
#[derive(Clone, Copy)]
enum Exported {
    Hosted(u32),
    Promise(u32),
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
        if let Ok(Some(export)) = answer {
            let (Exported::Hosted(number) | Exported::Promise(number)) = export;
            self.tables.wire.withhold_release(number);
            known.export = Some(export);
        }
        known.answer = Some(answer.map(drop));
        if let Some(slot) = known.waiting.take() {
            let reply = failed.map_or_else(|| Ok(Body::empty()), |error| Err(Failure(error)));
            self.tables.effects.borrow_mut().replies.push((slot, reply));
        }
    }

    /// Exchanges the promise for the object, once capnp-rpc has taken the answer and let go of it.
    pub(super) fn exchange_root(&mut self) {
        let tables = self.tables.clone();
        let Some(export) = tables.root.known.borrow_mut().export.take() else { return };
        if tables.wire.stop_withholding() {
            // It was not let go of: the peer has sent it with something else already.
            return;
        }
        let Some(promise) = tables.root.hook.take() else { return };
        let exchanged = Rc::new(Cell::new(None));
        let sent = tables.wire.unsent_call_of(|| promise.new_call(mp::THREAD, mp::GET_NAME, None).send());
        if let (asked, Some(question)) = sent
            && let Ok(answer) = with_object(question, export)
        {
            let exchanged = exchanged.clone();
            self.executor.spawn(async move {
                let object = asked.promise.await.and_then(|response| mp::cap(response.get()?));
                exchanged.set(object.ok().flatten());
            });
            tables.wire.deliver(answer);
            self.executor.run();
        }
        let object = exchanged.take();
        tables.root.set(object.unwrap_or_else(|| promise.add_ref()));
        drop(promise);
        self.executor.run();
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
        Some(self.tables.imports.borrow_mut().add(hook))
    }
}

/// The answer to the bootstrap question, if this is it.
fn answer(received: &Received) -> capnp::Result<Option<Result<Option<Exported>, capnp::Error>>> {
    let reader = received.reader();
    let message::Return(answer) = reader.get_root::<message::Reader<'_>>()?.which()? else { return Ok(None) };
    let answer = answer?;
    if answer.get_answer_id() != BOOTSTRAP_QUESTION {
        return Ok(None);
    }
    Ok(Some(match answer.which()? {
        return_::Results(payload) => Ok(match payload?.get_cap_table()?.try_get(0) {
            Some(descriptor) => exported(descriptor)?,
            None => None,
        }),
        return_::Exception(exception) => {
            let reason = exception?.get_reason()?.to_string()?;
            Err(capnp::Error::failed(format!("remote exception: {reason}")))
        }
        _ => Err(capnp::Error::failed("the peer gives no root object".into())),
    }))
}

fn exported(descriptor: cap_descriptor::Reader<'_>) -> capnp::Result<Option<Exported>> {
    Ok(match descriptor.which()? {
        cap_descriptor::SenderHosted(number) => Some(Exported::Hosted(number)),
        cap_descriptor::SenderPromise(number) => Some(Exported::Promise(number)),
        _ => None,
    })
}

/// A return with an object of the peer's as its only result. Nothing is to be finished.
fn with_object(question: u32, export: Exported) -> capnp::Result<Received> {
    let mut builder: Builder<HeapAllocator> = Builder::new_default();
    let mut answer = builder.init_root::<message::Builder<'_>>().init_return();
    answer.set_answer_id(question);
    answer.set_release_param_caps(false);
    answer.set_no_finish_needed(true);
    let mut payload = answer.init_results();
    let mut descriptor = payload.reborrow().init_cap_table(1).get(0);
    match export {
        Exported::Hosted(number) => descriptor.set_sender_hosted(number),
        Exported::Promise(number) => descriptor.set_sender_promise(number),
    }
    let mut table = Vec::new();
    let mut content: any_pointer::Builder<'_> = payload.get_content();
    content.imbue_mut(&mut table);
    mp::fill(content, 1)?.cap(encoding::placeholder::placeholder(0))?;
    Ok(Received::built(&builder))
}
