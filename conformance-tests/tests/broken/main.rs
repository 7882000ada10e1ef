//! Transports that are broken on purpose: the suite must fail each at the clause that it breaks, and pass the one without a
//! fault.
//!
//! This program is the suite for one of them, if the environment says which; and else the tests, each of which runs that
//! twice. Only the case is run that is to notice the fault, because what else such a transport fails says nothing.

mod codec;
mod faults;
mod forward;
mod frames;
mod line;
mod link;
mod transport;

use std::{
    collections::BTreeSet,
    env,
    process::{Command, ExitCode, Output},
};

use conformance_tests::{contract::CLAUSES, streams::Streams};
use libtest_mimic::{Failed, Trial};

use crate::{
    faults::{FAULTS, Fault, VARIABLE},
    transport::OverBroken,
};

/// How long a case of a broken transport may take that hangs, in seconds.
const PATIENCE: &str = "5";

fn main() -> ExitCode {
    if env::var_os(VARIABLE).is_some() {
        return conformance_tests::main::<Streams<OverBroken>>();
    }
    let mut tests = vec![Trial::test("every_clause_has_a_broken_transport", every_clause_is_broken)];
    tests.extend(FAULTS.iter().map(|fault| {
        Trial::test(format!("{}::{}", fault.clause, fault.name), move || {
            passes_without(fault)?;
            fails_with(fault)
        })
    }));
    libtest_mimic::run(&conformance_tests::test_arguments(), tests).exit_code()
}

fn every_clause_is_broken() -> Result<(), Failed> {
    let broken: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.clause).collect();
    let missing: Vec<_> = CLAUSES.iter().filter(|(clause, _)| !broken.contains(clause)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("nothing breaks {missing:?}").into()) }
}

fn passes_without(fault: &Fault) -> Result<(), Failed> {
    let output = run("none", fault, None)?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{} fails without a fault too:\n{}", fault.case, text(&output)).into())
}

fn fails_with(fault: &Fault) -> Result<(), Failed> {
    let output = run(fault.name, fault, Some(PATIENCE))?;
    let printed = text(&output);
    let failed = output.status.code() == Some(1) && printed.lines().any(|line| line.trim_start().starts_with("FAIL"));
    if failed { Ok(()) } else { Err(format!("{} let it through:\n{printed}", fault.case).into()) }
}

/// Runs a case with a fault.
fn run(name: &str, fault: &Fault, patience: Option<&str>) -> Result<Output, Failed> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--clause", fault.clause, "--case", fault.case]).env(VARIABLE, name);
    if let Some(patience) = patience {
        command.env("CONFORMANCE_SECONDS", patience);
    }
    Ok(command.output()?)
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
