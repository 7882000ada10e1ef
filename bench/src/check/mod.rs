//! Whether anything got worse than the committed baseline.

mod baseline;
pub(crate) mod count;

use std::{collections::BTreeMap, error::Error, process::ExitCode, time::Duration};

use self::baseline::{Baseline, PATH, Tolerance};
use crate::{
    caller::{Order, Outcome, Plan},
    cases,
    cli::{Check, Compare},
    compare, peers,
    resources::Pin,
};

/// The project's transports: the others are held against, not watched.
fn watched() -> impl Iterator<Item = &'static str> {
    peers::ALL.iter().filter(|peer| peer.is_ours()).map(|peer| peer.name())
}

/// Measures what the baseline holds and tells how it compares.
pub(crate) fn check(options: &Compare) -> Result<ExitCode, Box<dyn Error>> {
    let what = options.check.unwrap_or(Check::All);
    let mut baseline = Baseline::read()?;
    let mut worse = 0;
    if what != Check::Ratios {
        let counts = count::counts()?;
        let Tolerance { mut steps, calls, .. } = baseline.tolerance;
        if !baseline.is_of_this_compiler() {
            println!("{PATH} was made with {}, another compiler than this build's", baseline.made_with);
            steps = steps.max(calls);
        }
        let tolerance = |name: &str| if count::is_call(name) { calls } else { steps };
        worse += told("instructions", &baseline.instructions, &counts, tolerance);
        baseline.instructions = counts;
    }
    if what != Check::Counts {
        let ratios = ratios(options)?;
        worse += told("times the socket", &baseline.ratios, &ratios, |_| baseline.tolerance.ratios);
        baseline.ratios = ratios;
    }
    if options.update_baseline {
        baseline.write()?;
        println!("\n{PATH} is what was measured now");
        return Ok(ExitCode::SUCCESS);
    }
    if worse == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\n{worse} got worse by more than the tolerance, or are not in {PATH}; it was made with {}",
        baseline.made_with
    );
    Ok(ExitCode::FAILURE)
}

/// The ratios of the quick cases of one caller: how several share the cores is the scheduler's affair, from run to run. So it
/// is whether two processes are put on one core or on two, hence they are on one unless something else is asked for.
fn ratios(options: &Compare) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let pin = options.pin.unwrap_or(Pin { caller: 0, server: 0 });
    let plan = Plan::new(9, options.round_ms.map_or(Duration::from_millis(250), Duration::from_millis));
    let mut ratios = BTreeMap::new();
    for transport in watched() {
        for case in cases::all().into_iter().filter(|case| case.quick && case.callers == 1) {
            let order = Order { transport: transport.into(), case: case.name, plan, pin: Some(pin) };
            match compare::ask(&order, false)? {
                Outcome::Figures(figures) => _ = ratios.insert(format!("{transport} {}", order.case), figures.ratio),
                Outcome::Cannot(_) => {}
                Outcome::Failed(why) => return Err(format!("{transport} {}: {why}", order.case).into()),
            }
        }
    }
    Ok(ratios)
}

/// Prints each figure beside the baseline's, and says how many are worse by more than the tolerance for that name.
fn told(
    unit: &str,
    before: &BTreeMap<String, f64>,
    now: &BTreeMap<String, f64>,
    tolerance: impl Fn(&str) -> f64,
) -> usize {
    println!("{:<40} {:>12} {:>12}            {unit}", "", "baseline", "now");
    let mut worse = 0;
    for (name, now) in now {
        let Some(before) = before.get(name) else {
            println!("{name:<40} {:>12} {now:>12.2}            not in the baseline", "-");
            worse += 1;
            continue;
        };
        let (more, tolerance) = (now / before - 1.0, tolerance(name));
        print!("{name:<40} {before:>12.2} {now:>12.2} {:>+6.1} %", more * 100.0);
        if more > tolerance {
            worse += 1;
            println!("   WORSE: {:.0} % more is a regression", tolerance * 100.0);
        } else {
            println!();
        }
    }
    for name in before.keys().filter(|name| !now.contains_key(*name)) {
        println!("{name:<40} is in the baseline, but not in this build");
    }
    worse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures<const N: usize>(figures: [(&str, f64); N]) -> BTreeMap<String, f64> {
        figures.map(|(name, figure)| (name.to_owned(), figure)).into()
    }

    #[test]
    fn only_more_than_the_tolerance_is_worse() {
        let before = figures([("same", 100.0), ("little", 100.0), ("much", 100.0), ("better", 100.0)]);
        let now = figures([("same", 100.0), ("little", 109.0), ("much", 111.0), ("better", 50.0)]);
        assert_eq!(told("", &before, &now, |_| 0.1), 1);
    }

    #[test]
    fn what_the_baseline_does_not_know_has_to_be_added() {
        assert_eq!(told("", &figures([]), &figures([("new", 1.0)]), |_| 0.1), 1);
        assert_eq!(told("", &figures([("gone", 1.0)]), &figures([]), |_| 0.1), 0);
    }
}
