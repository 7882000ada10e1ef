//! Calls of the peer's.

use std::mem;

use super::{Answer, Event, Host, Job, Marshalled, On, Phase, Served, State, protocol, too_late};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    session::frame::{Call, CallId, CallOutcome, Destroy, Frame, Hello, Return, Target, ThreadKey, VERSION, Welcome},
};

/// The calls that are served may weigh so many times the largest message.
const CALLS_OF_MOST_BYTES: usize = 8;

impl<H: Host> State<H> {
    /// Takes a frame of the peer's. One that breaks the protocol loses the connection, and the peer is told why.
    pub(crate) fn receive(&mut self, frame: Frame) {
        if self.lost().is_some() {
            return;
        }
        if let Err(why) = self.take(frame) {
            self.frames.push(Frame::Close { reason: why.to_string() });
            self.lose(Exception::new(why.kind(), format!("the peer broke the protocol: {}", why.message())));
        }
    }

    fn take(&mut self, frame: Frame) -> Result<()> {
        let greets = matches!(frame, Frame::Hello(_) | Frame::Welcome(_) | Frame::Refuse(_) | Frame::Close { .. });
        if !greets && !matches!(self.phase, Phase::Open) {
            return Err(protocol("expected the hand-shake first"));
        }
        match frame {
            Frame::Hello(hello) => self.greeted(&hello),
            Frame::Welcome(welcome) => self.welcomed(&welcome),
            Frame::Refuse(failure) => self.refused(failure),
            Frame::Call(call) => self.called(call),
            Frame::Destroy(destroy) => self.destroyed(destroy),
            Frame::Return(answer) => self.returned(answer),
            Frame::Release { object, count } => {
                let dropped = self.exports.take_back(object, count)?;
                self.events.extend(dropped.map(Event::Dropped));
                Ok(())
            }
            Frame::Cancel { call } => {
                // It may have crossed with the answer.
                if let Some(served) = self.served.get_mut(&call)
                    && !mem::replace(&mut served.cancelled, true)
                {
                    self.events.push(Event::Cancelled { call, on: served.on.clone() });
                }
                Ok(())
            }
            Frame::End { thread } => {
                // It may be that there was no worker to be had.
                self.events.extend(self.workers.remove(&thread).map(Event::Ended));
                Ok(())
            }
            Frame::Ping { token } => {
                self.frames.push(Frame::Pong { token });
                Ok(())
            }
            // For the mover, which saw it.
            Frame::Pong { .. } => Ok(()),
            Frame::Close { reason } => {
                self.lose(Exception::new(
                    ExceptionKind::Disconnected,
                    format!("the peer closed the connection: {reason}"),
                ));
                Ok(())
            }
        }
    }

    /// Whether the peer gave up a call that is still served: nobody waits there any more for what belongs to it.
    pub(crate) fn is_given_up(&self, call: CallId) -> bool {
        self.served.get(&call).is_some_and(|served| served.cancelled)
    }

    /// Answers a call. After a loss, or a second time, that is nothing.
    pub(crate) fn answer(&mut self, call: CallId, answer: Answer<H>) {
        let Some(served) = self.served.remove(&call) else {
            if let Answer::Results(values) | Answer::Error(values) = answer {
                self.forget(values.objects);
            }
            return;
        };
        self.served_bytes -= served.weight;
        let outcome = match answer {
            Answer::Results(values) | Answer::Error(values) if served.cancelled => {
                // Nobody would take the objects.
                self.forget(values.objects);
                CallOutcome::Refused(too_late().into())
            }
            Answer::Results(values) => self.values(values).map_or_else(refused, CallOutcome::Results),
            Answer::Error(values) => self.values(values).map_or_else(refused, CallOutcome::Error),
            Answer::Thrown(why) => CallOutcome::Thrown(why.into()),
            Answer::Refused(why) => refused(why),
        };
        self.frames.push(Frame::Return(Return { call, outcome }));
    }

    fn values(&mut self, values: Marshalled<H>) -> Result<crate::session::frame::Payload> {
        let weight = values.body.len() + values.objects.len() * crate::session::frame::REFERENCE_BYTES;
        if let Err(why) = self.check_weight(weight) {
            self.forget(values.objects);
            return Err(why);
        }
        self.send_objects(values)
    }

    fn greeted(&mut self, hello: &Hello) -> Result<()> {
        let (Phase::Listening, Some(root)) = (&self.phase, &self.root) else {
            return Err(protocol("expected a hello only as a client's first frame"));
        };
        let refusal = if hello.version != VERSION {
            Some(format!("expected version {VERSION} of the protocol, got {}", hello.version))
        } else if !H::has_interface(root, hello.interface) {
            Some(format!("expected an interface of the root object, got {:#018x}", hello.interface))
        } else {
            None
        };
        if let Some(message) = refusal {
            let why = Exception::new(ExceptionKind::Unimplemented, message);
            self.frames.push(Frame::Refuse((&why).into()));
            self.lose(Exception::new(ExceptionKind::Disconnected, format!("refused the peer: {}", why.message())));
            return Ok(());
        }
        self.peer_reads = usize::try_from(hello.message_bytes).unwrap_or(usize::MAX);
        let root = self.exports.give_one(root)?;
        self.phase = Phase::Open;
        let message_bytes = self.limits.message_bytes as u64;
        self.frames.push(Frame::Welcome(Welcome { root, message_bytes }));
        Ok(())
    }

    fn called(&mut self, call: Call) -> Result<()> {
        let Call { id, object, interface, ordinal, on, deadline, args } = call;
        let weight = args.weight();
        self.check_new(id)?;
        let object = self.exports.get(object)?.clone();
        let args = self.receive_values(args)?;
        match self.admit(weight).and_then(|()| self.place(on)) {
            Ok(on) => {
                self.serve(id, weight, &on);
                self.events.push(Event::Job(Job { call: id, object, interface, ordinal, on, deadline, args }));
            }
            Err(why) => {
                self.unreceive(args.objects);
                self.frames.push(Frame::Return(Return { call: id, outcome: refused(why) }));
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, destroy: Destroy) -> Result<()> {
        let Destroy { id, object, count, on } = destroy;
        self.check_new(id)?;
        let object = self.exports.take_back(object, count)?;
        match self.admit(0).and_then(|()| self.place(Some(on))) {
            Ok(on) => {
                self.serve(id, 0, &on);
                self.events.push(Event::Destroy { call: id, object, on });
            }
            Err(why) => {
                self.events.extend(object.map(Event::Dropped));
                self.frames.push(Frame::Return(Return { call: id, outcome: refused(why) }));
            }
        }
        Ok(())
    }

    fn check_new(&self, id: CallId) -> Result<()> {
        if self.served.contains_key(&id) {
            return Err(protocol(format!("expected a call with a number of its own, got {id:?} twice")));
        }
        Ok(())
    }

    fn serve(&mut self, id: CallId, weight: usize, on: &On<H>) {
        self.served.insert(id, Served { weight, cancelled: false, on: on.clone() });
        self.served_bytes += weight;
    }

    fn admit(&self, weight: usize) -> Result<()> {
        let calls = self.limits.calls_served;
        if self.served.len() >= calls {
            return Err(overloaded(format!("the connection serves {calls} calls already")));
        }
        let most = self.limits.message_bytes.saturating_mul(CALLS_OF_MOST_BYTES);
        if self.served_bytes.saturating_add(weight) > most {
            return Err(overloaded(format!("the connection serves calls of {most} bytes already")));
        }
        Ok(())
    }

    fn place(&mut self, on: Option<Target>) -> Result<On<H>> {
        match on {
            None => Ok(On::Anybody),
            Some(Target::Waiting(call)) => {
                let caller = self.calls.get(call.0).and_then(|made| made.caller.clone());
                caller.map(|caller| On::Waiting(caller, call)).ok_or_else(too_late)
            }
            Some(Target::Worker { thread, name }) => self.worker(thread, name).map(On::Worker),
        }
    }

    fn worker(&mut self, thread: ThreadKey, name: Option<String>) -> Result<H::Worker> {
        if let Some(worker) = self.workers.get(&thread) {
            return Ok(worker.clone());
        }
        // The call that named it was refused.
        let name = name.ok_or_else(|| overloaded("there was no thread to be had for the caller's".into()))?;
        let worker = self.host.start_worker(super::making::cut(&name))?;
        self.workers.insert(thread, worker.clone());
        Ok(worker)
    }
}

fn refused(why: Exception) -> CallOutcome {
    CallOutcome::Refused((&why).into())
}

fn overloaded(message: String) -> Exception {
    Exception::new(ExceptionKind::Overloaded, message)
}
