//! The arguments of the program.

use std::{ffi::OsString, str::FromStr};

/// What to run, and how to show it.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) clause: Option<String>,
    pub(super) case: Option<String>,
    pub(super) repeat: u64,
    pub(super) seed: u64,
    pub(super) json: bool,
    pub(super) list: bool,
}

pub(super) const USAGE: &str = "\
usage: conformance-tests [--transport NAME] [options]
  --transport NAME  the transport to test
  --clause CLAUSE   only cases of this clause, such as T2
  --case TEXT       only cases whose full name contains this
  --repeat N        run each case N times, each with a seed of its own
  --seed S          the first seed; 0 if it is not given
  --json            print a JSON object for each run, one a line
  --list            print the names of the cases, run nothing";

impl Options {
    /// Parses all but the program's name.
    ///
    /// # Errors
    ///
    /// What was expected instead.
    pub(super) fn parse(args: impl Iterator<Item = OsString>, transport: &str) -> Result<Self, String> {
        let mut options = Self { clause: None, case: None, repeat: 1, seed: 0, json: false, list: false };
        let mut args = args.map(|arg| arg.to_string_lossy().into_owned());
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("expected a value after {arg}"));
            match arg.as_str() {
                "--transport" => {
                    let name = value()?;
                    if name != transport {
                        return Err(format!("expected {transport}, the only transport here, got {name}"));
                    }
                }
                "--clause" => options.clause = Some(value()?),
                "--case" => options.case = Some(value()?),
                "--repeat" => options.repeat = number(&value()?)?,
                "--seed" => options.seed = number(&value()?)?,
                "--json" => options.json = true,
                "--list" => options.list = true,
                _ => return Err(format!("unknown argument {arg}\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("expected a number, got {text}"))
}
