//! The comparison: which figures are asked for, one after the other.

use std::{
    env,
    error::Error,
    io::{ErrorKind, Read as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::ExitCode,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use ipc_core::{Process, Spawn};

use crate::{
    caller::{Order, Outcome, Plan},
    cases::{self, Case},
    check,
    cli::Compare,
    peers::{self, Peer, socket},
    report::{self, Figures},
};

/// Large payloads depend on when the allocator gives memory back to the kernel, and takes it again page by page: this is
/// glibc told to keep it.
pub(crate) const TUNED: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824");

/// How long all cases of `--quick` together may take, without the processes' starts.
const QUICK: Duration = Duration::from_secs(40);

/// How long a case may take beyond what it is expected to: starting processes, calls that are slow.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn compare(options: &Compare) -> Result<ExitCode, Box<dyn Error>> {
    if options.check.is_some() {
        return check::check(options);
    }
    let peers: Vec<_> = peers::ALL.iter().copied().filter(|peer| wanted(&options.transports, peer.name())).collect();
    let machine = report::machine(&peers, options.pin);
    println!("{}\n\n{}", machine.join("\n"), report::heading());

    let lines = lines(options, &peers);
    let plan = plan(options, lines.len());
    let bar = ProgressBar::new(lines.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len}, {eta} left: {msg}")?);
    let (mut rows, mut failed) = (Vec::new(), 0);
    for (transport, case, tuned) in lines {
        bar.set_message(format!("{transport} {case}"));
        let order = Order { transport, case, plan, pin: options.pin };
        match ask(&order, tuned)? {
            Outcome::Figures(figures) => {
                bar.suspend(|| println!("{}", report::row(&figures)));
                rows.push(*figures);
            }
            Outcome::Cannot(why) => {
                bar.suspend(|| println!("{:<15} {:<28} cannot: {why}", order.transport, order.case));
            }
            // The others' figures are no worse for it.
            Outcome::Failed(why) => {
                bar.suspend(|| println!("{:<15} {:<28} FAILED: {why}", order.transport, order.case));
                failed += 1;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    warn(&rows);
    if let Some(file) = &options.json {
        report::write_json(file, &rows)?;
    }
    if let Some(file) = &options.html {
        report::write_html(file, &rows, &machine, &peers)?;
    }
    if failed > 0 {
        return Err(format!("{failed} of the cases failed; the table says why").into());
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks a fresh process for the figures of one case.
pub(crate) fn ask(order: &Order, tuned: bool) -> Result<Outcome, Box<dyn Error>> {
    let mut spawn =
        Spawn::new(env::current_exe()?).die_with_parent(true).args(["call".to_owned(), serde_json::to_string(order)?]);
    if tuned {
        // Its servers inherit it.
        spawn = spawn.env(TUNED.0, TUNED.1);
    }
    let mut process: Process = spawn.spawn()?;
    let mut stream = UnixStream::from(OwnedFd::from(process.take_stream().ok_or("a spawned process has a stream")?));
    // A case that hangs must not take the others with it.
    let limit = PATIENCE + order.plan.expected() * 5;
    stream.set_read_timeout(Some(limit))?;
    let mut answer = Vec::new();
    if let Err(e) = stream.read_to_end(&mut answer) {
        process.kill()?;
        process.wait()?;
        let why = if e.kind() == ErrorKind::WouldBlock { format!("no end after {limit:.0?}") } else { e.to_string() };
        return Ok(Outcome::Failed(why));
    }
    let status = process.wait()?;
    let outcome = serde_json::from_slice(&answer);
    Ok(outcome.unwrap_or_else(|_| Outcome::Failed(format!("the caller ended without figures: {status}"))))
}

/// The lines of the table: transport, case, whether the allocator is tuned.
fn lines(options: &Compare, peers: &[&dyn Peer]) -> Vec<(String, String, bool)> {
    let cases: Vec<Case> = cases::all().into_iter().filter(|case| case.quick || !options.quick).collect();
    let mut lines = Vec::new();
    if wanted(&options.transports, socket::NAME) {
        let baselines = cases::baselines(&cases).into_iter().map(cases::Baseline::name);
        let baselines = baselines.filter(|name| wanted(&options.cases, name));
        lines.extend(baselines.map(|name| (socket::NAME.to_owned(), name, false)));
    }
    for peer in peers {
        let cases = cases.iter().filter(|case| wanted(&options.cases, &case.name));
        lines.extend(cases.map(|case| (peer.name().to_owned(), case.name.clone(), case.tuned)));
    }
    lines
}

/// How much is measured for each line.
fn plan(options: &Compare, lines: usize) -> Plan {
    let rounds = 5;
    let round = options.round_ms.map(Duration::from_millis).unwrap_or_else(|| {
        if !options.quick {
            return Duration::from_millis(500);
        }
        let unit = Duration::from_millis(100);
        let fitting = QUICK.div_duration_f64(Plan::new(rounds, unit).expected() * lines.max(1) as u32);
        unit.mul_f64(fitting.clamp(0.2, 2.5))
    });
    Plan::new(rounds, round)
}

fn wanted(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|wanted| wanted == name)
}

fn warn(rows: &[Figures]) {
    let unsteady: Vec<_> = rows.iter().filter(|row| !row.is_steady()).collect();
    if unsteady.is_empty() {
        return;
    }
    println!("\nwarning: the machine was not quiet; the baseline moved by more than 30 % beside");
    for row in unsteady {
        println!("  {} {}: {:.0} %", row.transport, row.case, (row.baseline_moved - 1.0) * 100.0);
    }
}
