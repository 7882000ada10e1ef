//! Calls over one connection: rounds of them between rounds of the socket.

use std::{path::Path, time::Duration};

use ipc_core::Result;
use serde::{Deserialize, Serialize};

use super::{Order, baseline::Limit};
use crate::{
    cases::Case,
    client::{Client, Round},
    job::Job,
    measure::Sample,
    peers::Peer,
    process::Server,
    report::{Figures, PerCall},
    resources::{self, Syscalls},
};

/// How much is measured for each case.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    /// Before the first round; a tenth of it before each round of several callers.
    pub(crate) warm_up: Duration,
    /// A round of the case.
    pub(crate) round: Duration,
    /// A round of the socket; one precedes and one follows each of the case.
    pub(crate) baseline: Duration,
}

impl Plan {
    pub(crate) fn new(rounds: u32, round: Duration) -> Self {
        Self { rounds, warm_up: round, round, baseline: round / 3 }
    }

    /// How long a case takes at least, without the processes' starts.
    pub(crate) fn expected(self) -> Duration {
        self.warm_up * 2 + (self.round + self.baseline) * self.rounds
    }
}

/// A peer's server, if it has one, and a connection to it.
pub(super) struct Pair {
    pub(super) server: Option<Server>,
    pub(super) client: Box<dyn Client>,
}

impl Pair {
    pub(super) fn start(peer: &dyn Peer, order: &Order) -> Result<Self> {
        let server = start_server(peer, order)?;
        let client = peer.connect(path_of(server.as_ref()))?;
        Ok(Self { server, client })
    }

    pub(super) fn end(self) -> Result<()> {
        drop(self.client);
        self.server.map_or(Ok(()), Server::end)
    }
}

pub(super) fn start_server(peer: &dyn Peer, order: &Order) -> Result<Option<Server>> {
    let spawn = || Server::spawn(peer.name(), order.pin.map(|pin| pin.server));
    (!peer.in_process()).then(spawn).transpose()
}

pub(super) fn path_of(server: Option<&Server>) -> &Path {
    server.map_or(Path::new(""), Server::path)
}

/// Each round of the case stands between two of the socket and is held against their mean, so that a machine that is busy
/// for a while slows both. The median of the rounds counts.
pub(super) fn figures(peer: &dyn Peer, case: &Case, job: Job, order: &Order) -> Result<Figures> {
    let Plan { rounds, warm_up, round, baseline } = order.plan;
    let mut limit = Limit::start(case.baseline, order)?;
    let mut pair = Pair::start(peer, order)?;
    let alone = Round { job, callers: 1, warm_up: Duration::ZERO, duration: round };
    let together = Round { callers: case.callers, warm_up: warm_up / 10, ..alone };
    pair.client.round(Round { duration: warm_up, ..alone })?;
    limit.warm_up(warm_up / 3)?;

    let mut all = Sample::empty();
    let (mut ratios, mut factors) = (Vec::new(), Vec::new());
    let mut cpu = Cpu::default();
    let mut before = limit.measure(baseline)?;
    for _ in 0..rounds {
        let sample = if case.callers == 1 {
            cpu.during(&mut pair, alone)?
        } else {
            let sample = cpu.during(&mut pair, together)?;
            let one = pair.client.round(alone)?;
            factors.push(sample.calls_per_s() / one.calls_per_s());
            sample
        };
        let after = limit.measure(baseline)?;
        ratios.push(sample.median_us() / f64::midpoint(before, after));
        before = after;
        all.add(&sample);
    }
    let syscalls = count_syscalls(&mut pair, Round { duration: round / 4, ..together });
    let figures = Figures::new(peer.name(), &case.name, case.callers, &all, median(&mut ratios))
        .with_payload(case.payload())
        .with_baseline(&case.baseline.name(), limit.noise())
        .with_one_caller(median(&mut factors))
        .with_cpu(cpu.per_call(&all))
        .with_syscalls(syscalls?);
    pair.end()?;
    limit.end()?;
    Ok(figures)
}

/// The processor time of rounds.
#[derive(Default)]
struct Cpu {
    client: Duration,
    server: Option<Duration>,
}

impl Cpu {
    fn during(&mut self, pair: &mut Pair, round: Round) -> Result<Sample> {
        let mut server = || pair.server.as_mut().map(Server::cpu_time).transpose();
        let (client_before, server_before) = (resources::cpu_time(), server()?);
        let sample = pair.client.round(round)?;
        self.client += resources::cpu_time() - client_before;
        let mut server = || pair.server.as_mut().map(Server::cpu_time).transpose();
        if let (Some(before), Some(after)) = (server_before, server()?) {
            *self.server.get_or_insert_default() += after - before;
        }
        Ok(sample)
    }

    fn per_call(&self, sample: &Sample) -> PerCall {
        let us = |time: Duration| time.as_secs_f64() * 1e6 / sample.all_calls() as f64;
        PerCall { client: us(self.client), server: self.server.map(us) }
    }
}

/// The system calls of a call, where the kernel lets us count them.
fn count_syscalls(pair: &mut Pair, round: Round) -> Result<Option<PerCall>> {
    let server = pair.server.as_ref().map(|server| Syscalls::of(server.id())).transpose();
    let (Ok(mut client), Ok(mut server)) = (Syscalls::of(std::process::id()), server) else { return Ok(None) };
    let calls = pair.client.round(round)?.all_calls() as f64;
    let counted = |counter: &mut Syscalls| Some(counter.count().ok()? as f64 / calls);
    Ok(counted(&mut client).map(|client| PerCall { client, server: server.as_mut().and_then(counted) }))
}

/// The middle one, the upper of two; of none: none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
