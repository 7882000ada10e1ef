//! The caller's process: fresh for each figure, so that none depends on what was measured before.

mod baseline;
mod rounds;
mod whole;

use std::{
    error::Error,
    io::Write as _,
    os::{fd::OwnedFd, unix::net::UnixStream},
};

use ipc_core::{Exception, ExceptionKind, Result, Stream};
use serde::{Deserialize, Serialize};

use crate::{
    cases::{self, Case, What},
    cli::Call,
    peers::{self, socket},
    report::Figures,
    resources::pin,
};

pub(crate) use rounds::Plan;

/// What a caller is to measure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) transport: String,
    pub(crate) case: String,
    pub(crate) plan: Plan,
    pub(crate) pin: Option<crate::resources::Pin>,
}

/// What becomes of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Figures(Box<Figures>),
    /// The peer has no such thing; why.
    Cannot(String),
    Failed(String),
}

/// Measures what the order says and tells the process that spawned this one.
pub(crate) fn run(options: &Call, stream: Stream) -> Result<(), Box<dyn Error>> {
    let order: Order = serde_json::from_str(&options.order)?;
    let outcome = match measure(&order) {
        Ok(figures) => Outcome::Figures(Box::new(figures)),
        Err(e) if e.kind() == ExceptionKind::Unimplemented => Outcome::Cannot(e.to_string()),
        Err(e) => Outcome::Failed(e.to_string()),
    };
    let mut stream = UnixStream::from(OwnedFd::from(stream));
    stream.write_all(&serde_json::to_vec(&outcome)?)?;
    Ok(())
}

fn measure(order: &Order) -> Result<Figures> {
    if let Some(cores) = order.pin {
        // Before there is any other thread or process: all will inherit it.
        pin(cores.caller).map_err(crate::process::io_failed)?;
    }
    if order.transport == socket::NAME {
        let baselines = cases::baselines(&cases::all());
        let baseline = baselines.into_iter().find(|baseline| baseline.name() == order.case);
        return baseline::figures(baseline.ok_or_else(|| unknown(&order.case))?, order);
    }
    let peer = peers::named(&order.transport)?;
    let case: Case = cases::named(&order.case).ok_or_else(|| unknown(&order.case))?;
    match case.what {
        What::Calls(job) => rounds::figures(peer, &case, job, order),
        What::Connect => whole::connections(peer, &case, order),
        What::Spawn => whole::processes(peer, &case, order),
        What::MemoryPerConnection => whole::held_connections(peer, &case, order),
        What::MemoryPerObject => whole::held_objects(peer, &case, order),
    }
}

fn unknown(case: &str) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("there is no case {case}"))
}
