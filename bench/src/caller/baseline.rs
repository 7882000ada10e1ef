//! What the bare socket does in the meantime.

use std::time::Duration;

use ipc_core::Result;

use super::Order;
use crate::{
    cases::Baseline,
    measure::{Sample, on_this_thread, without_their_ends},
    peers::socket::{NAME, Socket},
    process::Server,
    report::Figures,
};

/// The socket between its two processes.
pub(super) struct Limit {
    baseline: Baseline,
    server: Server,
    socket: Socket,
    /// The core of the server.
    core: Option<usize>,
    /// The medians so far, in microseconds.
    medians: Vec<f64>,
}

impl Limit {
    pub(super) fn start(baseline: Baseline, order: &Order) -> Result<Self> {
        let core = order.pin.map(|pin| pin.server);
        let server = Server::spawn(NAME, core)?;
        let socket = Socket::connect(server.path())?;
        Ok(Self { baseline, server, socket, core, medians: Vec::new() })
    }

    /// A round that does not count.
    pub(super) fn warm_up(&mut self, duration: Duration) -> Result<()> {
        self.round(duration).map(drop)
    }

    /// A round whose median counts.
    pub(super) fn measure(&mut self, duration: Duration) -> Result<f64> {
        let median = self.round(duration)?.median_us();
        self.medians.push(median);
        Ok(median)
    }

    /// The median of the medians, and how far the largest is from the smallest.
    pub(super) fn noise(&self) -> (f64, f64) {
        let mut sorted = self.medians.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted[..] {
            [least, .., most] => (sorted[sorted.len() / 2], most / least),
            [only] => (only, 1.0),
            [] => (f64::NAN, 1.0),
        }
    }

    pub(super) fn end(self) -> Result<()> {
        drop(self.socket);
        self.server.end()
    }

    fn round(&mut self, duration: Duration) -> Result<Sample> {
        let Self { baseline, server, socket, core, .. } = self;
        match *baseline {
            Baseline::PingPong => on_this_thread(duration, || socket.ping()),
            Baseline::Result(length) => on_this_thread(duration, || socket.result(length)),
            Baseline::Argument(length) => on_this_thread(duration, || socket.argument(length)),
            Baseline::Connect => on_this_thread(duration, || Socket::connect(server.path())?.ping()),
            Baseline::Spawn => {
                let spawn = || {
                    let server = Server::spawn(NAME, *core)?;
                    Socket::connect(server.path())?.ping()?;
                    Ok(server)
                };
                without_their_ends(duration, spawn, Server::end)
            }
        }
    }
}

/// The socket's own line.
pub(super) fn figures(baseline: Baseline, order: &Order) -> Result<Figures> {
    let plan = order.plan;
    let mut limit = Limit::start(baseline, order)?;
    limit.warm_up(plan.warm_up)?;
    let mut all = Sample::empty();
    for _ in 0..plan.rounds {
        let sample = limit.round(plan.baseline)?;
        limit.medians.push(sample.median_us());
        all.add(&sample);
    }
    let figures = Figures::new(NAME, &order.case, 1, &all, 1.0)
        .with_payload(baseline.payload())
        .with_baseline(&baseline.name(), limit.noise());
    limit.end()?;
    Ok(figures)
}
