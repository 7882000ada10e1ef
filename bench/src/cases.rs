//! The cases: what a round of each calls.

use std::sync::Arc;

use ipc_core::{Exception, ExceptionKind, Result};

use crate::{
    transports::socket::Socket,
    work::{BULK, Callback, Work},
};

/// One line of the comparison, for each transport.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) threads: usize,
    pub(crate) baseline: Baseline,
    /// One call. It checks the answer, so that nothing wrong is ever fast.
    pub(crate) call: fn(&Caller) -> Result<()>,
}

/// What the bare socket does in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// 64 bytes there and 64 back.
    PingPong,
    /// 64 bytes there and [`BULK`] back.
    Bulk,
}

pub(crate) const CASES: &[Case] = &[
    Case { name: "add", threads: 1, baseline: Baseline::PingPong, call: add },
    Case { name: "add_no_context", threads: 1, baseline: Baseline::PingPong, call: add_no_context },
    Case { name: "bytes_1mib_result", threads: 1, baseline: Baseline::Bulk, call: bulk },
    Case { name: "callback_nested", threads: 1, baseline: Baseline::PingPong, call: nested },
    Case { name: "add_4_threads", threads: 4, baseline: Baseline::PingPong, call: add },
];

/// The names of all cases, the socket's own among them.
pub(crate) fn names() -> Vec<&'static str> {
    Baseline::ALL.iter().map(|baseline| baseline.name()).chain(CASES.iter().map(|case| case.name)).collect()
}

/// A client of one transport.
pub(crate) struct Caller {
    work: Arc<dyn Work>,
    callback: Callback,
}

impl Caller {
    pub(crate) fn new(work: Arc<dyn Work>) -> Self {
        Self { work, callback: Arc::new(|x| Ok(x + 1)) }
    }
}

fn add(caller: &Caller) -> Result<()> {
    expect(caller.work.add(40, 2)?, 42)
}

fn add_no_context(caller: &Caller) -> Result<()> {
    expect(caller.work.add_no_context(40, 2)?, 42)
}

fn bulk(caller: &Caller) -> Result<()> {
    expect(caller.work.bulk()?.len(), BULK)
}

fn nested(caller: &Caller) -> Result<()> {
    expect(caller.work.nested(41, caller.callback.clone())?, 42)
}

fn expect<T: PartialEq>(answer: T, expected: T) -> Result<()> {
    if answer == expected { Ok(()) } else { Err(Exception::new(ExceptionKind::Protocol, "the answer is wrong")) }
}

impl Baseline {
    pub(crate) const ALL: [Self; 2] = [Self::PingPong, Self::Bulk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PingPong => "ping_pong_64",
            Self::Bulk => "bulk_1mib",
        }
    }

    /// One call of the baseline.
    pub(crate) fn call(self, socket: &mut Socket) -> Result<()> {
        match self {
            Self::PingPong => socket.ping(),
            Self::Bulk => socket.bulk(),
        }
    }
}
