//! The list as a table: clause, case, setting, result and time.

use std::process::ExitCode;

use serde_json::json;

use super::{Outcome, Trial, child, options::Options};
use crate::{contract::CLAUSES, harness::Harness};

/// The `main` of a program that tests one transport: prints a table, fails if a case does.
pub fn main<H: Harness>() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if let Some(done) = child::as_child::<H>(&args) {
        return done;
    }
    let options = match Options::parse(args.into_iter().skip(1), H::NAME) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let trials: Vec<Trial> = Trial::usual::<H>().filter(|trial| chosen(trial, &options)).collect();
    if options.list {
        trials.iter().for_each(|trial| println!("{}", trial.name()));
        return ExitCode::SUCCESS;
    }
    if trials.is_empty() {
        eprintln!("no case has that name: a run that proves nothing does not pass");
        return ExitCode::from(2);
    }
    run(&trials, &options, H::NAME)
}

fn chosen(trial: &Trial, options: &Options) -> bool {
    options.clause.as_ref().is_none_or(|clause| clause == trial.case.clause)
        && options.case.as_ref().is_none_or(|case| trial.name().contains(case))
}

fn run(trials: &[Trial], options: &Options, transport: &str) -> ExitCode {
    let mut failed = 0;
    let mut clause = "";
    for trial in trials {
        if clause != trial.case.clause && !options.json {
            clause = trial.case.clause;
            let gist = CLAUSES.iter().find(|(number, _)| *number == clause).map_or("", |(_, gist)| gist);
            println!("{clause}: {gist}");
        }
        for seed in (options.seed..).take(options.repeat as usize) {
            let outcome = trial.run(transport, seed);
            show(trial, seed, &outcome, options.json);
            failed += u64::from(outcome.failure.is_some());
        }
    }
    if !options.json {
        let runs = trials.len() as u64 * options.repeat;
        println!("\n{transport}: {} of {runs} passed, {failed} failed", runs - failed);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(trial: &Trial, seed: u64, outcome: &Outcome, as_json: bool) {
    let Trial { case, setting } = trial;
    let result = if outcome.failure.is_none() { "pass" } else { "FAIL" };
    if as_json {
        let line = json!({
            "clause": case.clause,
            "case": case.name,
            "setting": setting.name(),
            "seed": seed,
            "passed": outcome.failure.is_none(),
            "milliseconds": outcome.took.as_millis() as u64,
            "failure": outcome.failure,
        });
        println!("{line}");
    } else {
        println!("  {result}  {:>7.3} s  {:<11}  {}", outcome.took.as_secs_f64(), setting.name(), case.name);
        for line in outcome.failure.iter().flat_map(|failure| failure.lines()) {
            println!("        | {line}");
        }
    }
}
