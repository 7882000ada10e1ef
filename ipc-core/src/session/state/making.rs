//! Calls that this side makes.

use std::mem;

use super::{
    Answered, CallOn, Event, Host, Import, Made, Marshalled, NewCall, Passed, Phase, State, disconnected, protocol,
    too_late,
};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    session::frame::{
        self, Call, CallId, CallOutcome, Destroy, Failure, Frame, Hello, NAME_BYTES, ObjectId, ObjectRef, Payload,
        Return, Target, ThreadKey, VERSION, Welcome,
    },
};

impl<H: Host> State<H> {
    /// Asks for the root object. It comes as the only object of an answer without values.
    ///
    /// # Errors
    ///
    /// `Disconnected` after a loss; `Protocol` if it was asked for already.
    pub(crate) fn hello(&mut self, interface: u64, caller: H::Caller) -> Result<()> {
        match &self.phase {
            Phase::Fresh => {}
            Phase::Lost(why) => return Err(disconnected(why)),
            _ => return Err(protocol("a client asks for the root once")),
        }
        self.phase = Phase::Greeting(Some(caller));
        let message_bytes = self.limits.message_bytes as u64;
        self.frames.push(Frame::Hello(Hello { version: VERSION, interface, message_bytes }));
        Ok(())
    }

    /// Makes a call. It ends with one [`Event::Completed`], unless it is given up or detached before.
    ///
    /// # Errors
    ///
    /// `Disconnected` after a loss, `Overloaded` or `TooLarge` past a limit. Nothing was sent then.
    pub(crate) fn call(&mut self, call: NewCall<'_, H>) -> Result<CallId> {
        let NewCall { object, interface, ordinal, on, deadline, args, caller } = call;
        let weight = args.body.len() + args.objects.len() * frame::REFERENCE_BYTES;
        if let Err(why) = self.may_call().and_then(|()| self.check_weight(weight)) {
            self.forget(args.objects);
            return Err(why);
        }
        let args = self.send_objects(args)?;
        let (on, thread) = on.map(|on| self.target(on)).unzip();
        let id = CallId(self.calls.insert(Made { caller: Some(caller), thread: thread.flatten() }));
        self.frames.push(Frame::Call(Call { id, object, interface, ordinal, on, deadline, args }));
        Ok(id)
    }

    /// The same, unless it is made for a call that the peer gave up: the peer would say so, but not before the deadline that
    /// both calls have, which has passed.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call), and `Cancelled`. Nothing was sent then.
    pub(crate) fn call_if_waited_for(&mut self, call: NewCall<'_, H>) -> Result<CallId> {
        if matches!(call.on, Some(CallOn::Waiting(served)) if self.is_given_up(served)) {
            self.forget(call.args.objects);
            return Err(too_late());
        }
        self.call(call)
    }

    /// Drops a share in an object that is to be dropped on a thread. If it is the last, the peer is told, and answers as it
    /// does a call; without a caller nobody waits for that.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call). The share is dropped all the same.
    pub(crate) fn destroy(
        &mut self,
        object: ObjectId,
        on: CallOn<'_>,
        caller: Option<H::Caller>,
    ) -> Result<Option<CallId>> {
        if let Phase::Lost(why) = &self.phase {
            return Err(disconnected(why));
        }
        if self.imports.get(&object).is_none_or(|import| import.shares > 1) {
            self.drop_share(object);
            return Ok(None);
        }
        if let Err(why) = self.may_call() {
            self.drop_share(object);
            return Err(why);
        }
        let count = self.imports.remove(&object).map_or(0, |import| import.received);
        let (on, thread) = self.target(on);
        self.given_up += usize::from(caller.is_none());
        let id = CallId(self.calls.insert(Made { caller, thread }));
        self.frames.push(Frame::Destroy(Destroy { id, object, count, on }));
        Ok(Some(id))
    }

    /// Gives a call up: nothing comes of it any more here. The peer is told.
    pub(crate) fn give_up(&mut self, call: CallId) {
        let Some(made) = self.calls.get_mut(call.0) else { return };
        if made.caller.take().is_some() {
            self.given_up += 1;
            self.frames.push(Frame::Cancel { call });
        }
    }

    fn may_call(&self) -> Result<()> {
        match &self.phase {
            Phase::Lost(why) => return Err(disconnected(why)),
            Phase::Open => {}
            _ => return Err(protocol("a call before the hand-shake")),
        }
        let most = self.limits.calls_made;
        if self.calls.len() < most {
            return Ok(());
        }
        let message = format!("{most} calls wait for replies already");
        Err(Exception::new(ExceptionKind::Overloaded, message))
    }

    fn target(&mut self, on: CallOn<'_>) -> (Target, Option<ThreadKey>) {
        match on {
            CallOn::Waiting(call) => (Target::Waiting(call), None),
            CallOn::Own(thread, name) => {
                let name = self.announced.insert(thread).then(|| cut(name).to_owned());
                (Target::Worker { thread, name }, Some(thread))
            }
        }
    }

    pub(super) fn welcomed(&mut self, welcome: &Welcome) -> Result<()> {
        if !matches!(self.phase, Phase::Greeting(_)) {
            return Err(protocol("expected a welcome only as the answer to a hello"));
        }
        let root = self.receive_one(ObjectRef::Sender(welcome.root))?;
        self.peer_reads = usize::try_from(welcome.message_bytes).unwrap_or(usize::MAX);
        if let Phase::Greeting(Some(caller)) = mem::replace(&mut self.phase, Phase::Open) {
            let values = Marshalled { body: Default::default(), objects: vec![root] };
            self.events.push(Event::Completed { caller, outcome: Ok(Answered { is_error: false, values }) });
        }
        Ok(())
    }

    pub(super) fn refused(&mut self, failure: Failure) -> Result<()> {
        let Phase::Greeting(caller) = &mut self.phase else {
            return Err(protocol("expected a refusal only as the answer to a hello"));
        };
        let caller = caller.take();
        let why = layer(failure);
        self.lose(Exception::new(ExceptionKind::Disconnected, format!("the peer refused: {}", why.message())));
        if let Some(caller) = caller {
            self.events.push(Event::Completed { caller, outcome: Err(why) });
        }
        Ok(())
    }

    pub(super) fn returned(&mut self, answer: Return) -> Result<()> {
        let Return { call, outcome } = answer;
        let unexpected = || protocol(format!("expected an answer to a call in flight, got one to {call:?}"));
        self.calls.get(call.0).ok_or_else(unexpected)?;
        // The call is in flight until its answer is found good: else it is interrupted with the others.
        let outcome = match outcome {
            CallOutcome::Results(payload) => Ok(Answered { is_error: false, values: self.receive_values(payload)? }),
            CallOutcome::Error(payload) => Ok(Answered { is_error: true, values: self.receive_values(payload)? }),
            CallOutcome::Thrown(failure) => Err(Exception::from(failure).into_remote()),
            CallOutcome::Refused(failure) => Err(layer(failure)),
        };
        let made = self.calls.remove(call.0).ok_or_else(unexpected)?;
        if let (Some(thread), Err(why)) = (made.thread, &outcome)
            && why.kind() == ExceptionKind::Overloaded
        {
            // It may be that there is no worker for the thread: the next call says its name again.
            self.announced.remove(&thread);
        }
        match made.caller {
            Some(caller) => self.events.push(Event::Completed { caller, outcome }),
            None => {
                self.given_up -= 1;
                if let Ok(Answered { values, .. }) = outcome {
                    self.unreceive(values.objects);
                }
            }
        }
        Ok(())
    }

    /// Values come in.
    ///
    /// # Errors
    ///
    /// `Protocol` if they are past this side's limit, or refer to what is not there; `Overloaded` if they bring more objects than
    /// this side may hold.
    pub(super) fn receive_values(&mut self, payload: Payload) -> Result<Marshalled<H>> {
        let (weight, most) = (payload.weight(), self.limits.message_bytes);
        if weight > most {
            return Err(protocol(format!("expected a payload of at most {most} bytes, got {weight}")));
        }
        let Payload { body, objects } = payload;
        if objects.is_empty() {
            return Ok(Marshalled { body, objects: Vec::new() });
        }
        let objects = objects.into_iter().map(|reference| self.receive_one(reference));
        Ok(Marshalled { body, objects: objects.collect::<Result<_>>()? })
    }

    fn receive_one(&mut self, reference: ObjectRef) -> Result<Passed<H::Object>> {
        Ok(match reference {
            ObjectRef::Receiver(id) => Passed::Own(self.exports.get(id)?.clone()),
            ObjectRef::Sender(id) => {
                let most = self.limits.imports;
                if self.imports.len() >= most && !self.imports.contains_key(&id) {
                    let message = format!("expected at most {most} objects, all that this side may hold");
                    return Err(Exception::new(ExceptionKind::Overloaded, message));
                }
                let import: &mut Import = self.imports.entry(id).or_default();
                import.shares += 1;
                import.received += 1;
                Passed::Peer(id)
            }
        })
    }

    /// Values that came in are not wanted.
    pub(super) fn unreceive(&mut self, objects: Vec<Passed<H::Object>>) {
        for object in &objects {
            if let Passed::Peer(id) = object {
                self.drop_share(*id);
            }
        }
        self.forget(objects);
    }
}

/// What the peer's side of the connection says of a call. Those kinds that describe this side's own connection are not its
/// to use.
fn layer(failure: Failure) -> Exception {
    let exception = Exception::from(failure);
    match exception.kind() {
        ExceptionKind::Disconnected | ExceptionKind::Interrupted | ExceptionKind::DeadlineExceeded => {
            exception.into_remote()
        }
        _ => exception,
    }
}

pub(super) fn cut(name: &str) -> &str {
    frame::cut(name, NAME_BYTES)
}
