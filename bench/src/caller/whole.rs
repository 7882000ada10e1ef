//! What is not a call over one connection: connections, processes, and the memory that things take.

use ipc_core::{Exception, ExceptionKind, Result};

use super::{
    Order,
    baseline::Limit,
    rounds::{Pair, median, path_of, start_server},
};
use crate::{
    cases::Case,
    client::Round,
    job::Job,
    measure::{Sample, on_this_thread, without_their_ends},
    peers::Peer,
    process::Server,
    report::{Bytes, Figures},
    resources::memory,
};

/// How many connections are held.
const CONNECTIONS: usize = 100;

/// How many objects are held.
const OBJECTS: usize = 2_500;

/// A call of any kind, whose answer shows that all is there.
const FIRST: Job = Job::Add;

/// Connections, one after the other, each with one call.
pub(super) fn connections(peer: &dyn Peer, case: &Case, order: &Order) -> Result<Figures> {
    there_are(peer.has_connections(), "connection")?;
    let server = start_server(peer, order)?;
    let connect = || peer.connect(path_of(server.as_ref()))?.round(Round::once(FIRST)).map(drop);
    let figures = beside_the_socket(peer, case, order, || on_this_thread(order.plan.round, connect))?;
    server.map_or(Ok(()), Server::end)?;
    Ok(figures)
}

/// Processes, one after the other, each with one call; their ends are not measured.
pub(super) fn processes(peer: &dyn Peer, case: &Case, order: &Order) -> Result<Figures> {
    there_are(!peer.in_process(), "other process")?;
    beside_the_socket(peer, case, order, || {
        let spawn = || {
            let mut pair = Pair::start(peer, order)?;
            pair.client.round(Round::once(FIRST))?;
            Ok(pair)
        };
        without_their_ends(order.plan.round, spawn, Pair::end)
    })
}

/// Connections that are held and do nothing, after one call each.
pub(super) fn held_connections(peer: &dyn Peer, case: &Case, order: &Order) -> Result<Figures> {
    there_are(peer.has_connections(), "connection")?;
    let server = start_server(peer, order)?;
    let connect = || {
        let mut client = peer.connect(path_of(server.as_ref()))?;
        client.round(Round::once(FIRST))?;
        Ok(client)
    };
    // What there is once for all connections is not one's.
    let first = connect()?;
    let before = Memory::now(server.as_ref())?;
    let mut held = Vec::with_capacity(CONNECTIONS);
    let figures = beside_the_socket(peer, case, order, || {
        let mut sample = Sample::empty();
        if held.is_empty() {
            for _ in 0..CONNECTIONS {
                held.push(sample.time(connect)?);
            }
        }
        Ok(sample)
    })?;
    let bytes = before.each(server.as_ref(), CONNECTIONS)?;
    drop((first, held));
    server.map_or(Ok(()), Server::end)?;
    Ok(figures.with_bytes(bytes))
}

/// Objects that are held and do nothing.
pub(super) fn held_objects(peer: &dyn Peer, case: &Case, order: &Order) -> Result<Figures> {
    let mut pair = Pair::start(peer, order)?;
    // The tables have grown once, and shrunk as far as they do.
    pair.client.objects(OBJECTS / 100)?;
    let before = Memory::now(pair.server.as_ref())?;
    let mut held = None;
    let figures = beside_the_socket(peer, case, order, || {
        if held.is_some() {
            return Ok(Sample::empty());
        }
        let (sample, objects) = pair.client.objects(OBJECTS)?;
        held = Some(objects);
        Ok(sample)
    })?;
    let bytes = before.each(pair.server.as_ref(), OBJECTS)?;
    drop(held);
    pair.end()?;
    Ok(figures.with_bytes(bytes))
}

fn there_are(yes: bool, what: &str) -> Result<()> {
    if yes { Ok(()) } else { Err(Exception::new(ExceptionKind::Unimplemented, format!("there is no {what}"))) }
}

/// Rounds of something between rounds of the socket; rounds that have nothing to do are left out.
fn beside_the_socket(
    peer: &dyn Peer,
    case: &Case,
    order: &Order,
    mut round: impl FnMut() -> Result<Sample>,
) -> Result<Figures> {
    let mut limit = Limit::start(case.baseline, order)?;
    limit.warm_up(order.plan.baseline)?;
    let mut all = Sample::empty();
    let mut ratios = Vec::new();
    let mut before = limit.measure(order.plan.baseline)?;
    for _ in 0..order.plan.rounds {
        let sample = round()?;
        let after = limit.measure(order.plan.baseline)?;
        if !sample.is_empty() {
            ratios.push(sample.median_us() / f64::midpoint(before, after));
            all.add(&sample);
        }
        before = after;
    }
    let figures = Figures::new(peer.name(), &case.name, case.callers, &all, median(&mut ratios))
        .with_baseline(&case.baseline.name(), limit.noise());
    limit.end()?;
    Ok(figures)
}

/// What the two processes have, in bytes.
struct Memory {
    client: u64,
    server: Option<u64>,
}

impl Memory {
    fn now(server: Option<&Server>) -> Result<Self> {
        let server = server.map(|server| memory(server.id())).transpose()?;
        Ok(Self { client: memory(std::process::id())?, server })
    }

    /// What each of so many takes that came since.
    fn each(&self, server: Option<&Server>, count: usize) -> Result<Bytes> {
        let now = Self::now(server)?;
        let each = |before: u64, now: u64| now.saturating_sub(before) / count as u64;
        let server = self.server.zip(now.server).map(|(before, now)| each(before, now));
        Ok(Bytes { client: each(self.client, now.client), server })
    }
}
