//! The comparison: rounds of each case between rounds of the baseline.

use std::{error::Error, time::Duration};

use ipc_core::{ExceptionKind, Process};

use crate::{
    cases::{Baseline, CASES, Caller, Case},
    cli::Compare,
    measure::{Plan, Sample, on_this_thread, on_threads},
    pin::pin,
    report::{self, Row},
    spawn,
    transports::{self, Contender, socket},
};

/// A baseline that moved by more than this between two rounds makes the ratios doubtful.
const STEADY: f64 = 1.3;

pub(crate) fn compare(options: &Compare) -> Result<(), Box<dyn Error>> {
    if let Some(cores) = options.pin {
        // Before there is any other thread or process: all will inherit it.
        pin(cores.caller)?;
    }
    let contenders: Vec<Contender> =
        transports::all().into_iter().filter(|contender| wanted(&options.transports, contender.name)).collect();
    let plan = Plan::new(options.quick, options.round_ms.map(Duration::from_millis));
    let mut bench = Bench::new(options, plan)?;
    println!("{}\n", report::header(&contenders, options.pin));
    println!("{}", report::heading());

    let mut rows = Vec::new();
    let mut add = |row: Row| {
        println!("{row}");
        rows.push(row);
    };
    for baseline in Baseline::ALL {
        if wanted(&options.transports, socket::NAME) && wanted(&options.cases, baseline.name()) {
            add(bench.baseline_row(baseline)?);
        }
    }
    for contender in &contenders {
        let (mut server, caller) = connect(contender, options)?;
        for case in CASES.iter().filter(|case| wanted(&options.cases, case.name)) {
            match bench.row(contender, &caller, case) {
                Ok(row) => add(row),
                Err(e) if e.kind() == ExceptionKind::Unimplemented => {
                    println!("{:<10} {:<18} is none of what it can do", contender.name, case.name);
                }
                Err(e) => return Err(format!("{} {}: {e}", contender.name, case.name).into()),
            }
        }
        drop(caller);
        end(&mut server)?;
    }
    bench.warn();
    if let Some(file) = &options.json {
        report::write_json(file, &rows)?;
    }
    Ok(())
}

fn wanted(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|wanted| wanted == name)
}

fn connect(contender: &Contender, options: &Compare) -> ipc_core::Result<(Process, Caller)> {
    let (process, stream) = spawn::server(contender.name, options.pin)?;
    Ok((process, Caller::new((contender.connect)(stream)?)))
}

/// Waits for a server whose client is gone. It would be killed otherwise, and whoever profiles it would see nothing.
fn end(server: &mut Process) -> Result<(), Box<dyn Error>> {
    match server.wait_timeout(Duration::from_secs(10))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("the server failed: {status}").into()),
        None => Err("the server does not end though its client is gone".into()),
    }
}

/// What all cases are measured with.
struct Bench {
    plan: Plan,
    socket: socket::Socket,
    _server: Process,
    /// The cases whose baseline moved, with how much.
    unsteady: Vec<String>,
}

impl Bench {
    fn new(options: &Compare, plan: Plan) -> ipc_core::Result<Self> {
        let (server, stream) = spawn::server(socket::NAME, options.pin)?;
        Ok(Self { plan, socket: socket::Socket::new(stream), _server: server, unsteady: Vec::new() })
    }

    fn baseline(&mut self, baseline: Baseline, duration: Duration) -> ipc_core::Result<Sample> {
        on_this_thread(duration, || baseline.call(&mut self.socket))
    }

    fn baseline_row(&mut self, baseline: Baseline) -> ipc_core::Result<Row> {
        self.baseline(baseline, self.plan.warm_up)?;
        let mut all = Sample::empty();
        for _ in 0..self.plan.rounds {
            all.add(&self.baseline(baseline, self.plan.baseline)?);
        }
        Ok(Row::new(socket::NAME, baseline.name(), 1, &all, 1.0))
    }

    /// Each round of the case stands between two of the baseline and is held against their mean, so that a machine that
    /// is busy for a while slows both. The median of the rounds counts.
    fn row(&mut self, contender: &Contender, caller: &Caller, case: &Case) -> ipc_core::Result<Row> {
        let Plan { rounds, warm_up, round, baseline } = self.plan;
        let call = || (case.call)(caller);
        on_this_thread(warm_up, call)?;
        self.baseline(case.baseline, warm_up / 3)?;

        let mut all = Sample::empty();
        let mut baselines = vec![self.baseline(case.baseline, baseline)?.median_us()];
        let (mut ratios, mut factors) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let sample = match case.threads {
                1 => on_this_thread(round, call)?,
                threads => {
                    let sample = on_threads(threads, warm_up / 10, round, call)?;
                    let alone = on_this_thread(round, call)?;
                    factors.push(sample.calls_per_s() / alone.calls_per_s());
                    sample
                }
            };
            let before = baselines[baselines.len() - 1];
            let after = self.baseline(case.baseline, baseline)?.median_us();
            baselines.push(after);
            ratios.push(sample.median_us() / f64::midpoint(before, after));
            all.add(&sample);
        }
        self.check(contender, case, &baselines);
        let row = Row::new(contender.name, case.name, case.threads, &all, median(&mut ratios));
        Ok(if factors.is_empty() { row } else { row.with_one_thread(median(&mut factors)) })
    }

    fn check(&mut self, contender: &Contender, case: &Case, baselines: &[f64]) {
        let least = baselines.iter().copied().fold(f64::INFINITY, f64::min);
        let most = baselines.iter().copied().fold(0.0, f64::max);
        if most > STEADY * least {
            self.unsteady.push(format!(
                "{} {}: the baseline was between {least:.1} and {most:.1} µs",
                contender.name, case.name
            ));
        }
    }

    fn warn(&self) {
        if !self.unsteady.is_empty() {
            println!("\nwarning: the machine was not quiet; don't trust the ratios of");
            for case in &self.unsteady {
                println!("  {case}");
            }
        }
    }
}

/// The middle one; the upper of two.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
