//! What a process does that may have been spawned: it asks for its stream.

use std::{env, ffi::OsString, os::fd::RawFd};

use crate::{
    Exception, ExceptionKind, Result,
    address::decimal,
    socket::{Stream, adopt},
};

/// The argument before the number, as Bitcoin Core has it.
pub const ARGUMENT: &str = "-ipcfd";

/// The environment variable with the number.
///
/// A process that spawns others by other means than [`Spawn`](crate::Spawn) removes it from their environment: for them
/// it names nothing, and they would fail over it.
pub const VARIABLE: &str = "IPC_FD";

/// The stream to the parent, if this process was spawned with the arguments `-ipcfd N`; `None` if it was not.
///
/// `args` starts with the program's name, as [`std::env::args_os`] does. `-ipcfd N` counts only as the first two
/// arguments after it, where a parent puts them; they are removed.
///
/// # Errors
/// `Protocol`, if `N` is no number, or not that of an inherited stream socket, or was taken before. `args` stays.
pub fn from_args(args: &mut Vec<OsString>) -> Result<Option<Stream>> {
    match &args[..] {
        [_, name, number, ..] if name == ARGUMENT => {
            let stream = stream(number, ARGUMENT)?;
            args.drain(1..3);
            Ok(Some(stream))
        }
        _ => Ok(None),
    }
}

/// The stream to the parent, if this process was spawned with the environment variable `IPC_FD`; `None` if it was not.
///
/// The variable stays, since no program with several threads can safely remove one.
///
/// # Errors
/// `Protocol`, if the variable is no number, or not that of an inherited stream socket, or was used before.
pub fn from_env() -> Result<Option<Stream>> {
    env::var_os(VARIABLE).map(|number| stream(&number, VARIABLE)).transpose()
}

fn stream(number: &OsString, source: &str) -> Result<Stream> {
    let shown = number.to_string_lossy();
    let invalid = |why: String| Exception::new(ExceptionKind::Protocol, format!("invalid {source} {shown:?}: {why}"));
    let number: RawFd =
        number.to_str().and_then(decimal).ok_or_else(|| invalid("expected the number of a descriptor".into()))?;
    let fd = adopt(number).map_err(|e| invalid(e.to_string()).with_source(e))?;
    Stream::from_fd(fd).map_err(|e| invalid(e.message().into()).with_source(e))
}
