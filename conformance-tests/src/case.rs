//! A case: a clause, a name, what it does, and in which settings.

use std::fmt;

use crate::world::World;

/// Where client and server of a case are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Both in one process.
    OneProcess,
    /// The server in a [peer](crate::Harness::spawn_peer) of its own.
    Processes,
    /// Both in one process, and the roles swapped: the side that accepted the connection calls, the one that made it serves.
    Swapped,
    /// The same across processes: the peer makes each connection, and serves; this process accepts them, and calls.
    ProcessesSwapped,
    /// The case makes its own sockets and peers; for transports that are over streams.
    Sockets,
}

impl Setting {
    /// As a case's full name has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneProcess => "one_process",
            Self::Processes => "processes",
            Self::Swapped => "swapped",
            Self::ProcessesSwapped => "processes_swapped",
            Self::Sockets => "sockets",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One case of the list. It passes if it comes back without a panic.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The clause that it proves.
    pub clause: &'static str,
    /// What should hold.
    pub name: &'static str,
    /// Where it runs: in each of these.
    pub settings: &'static [Setting],
    pub(crate) run: fn(&World),
}

/// For a case that is the same whoever made the connection.
pub(crate) const ALL: &[Setting] =
    &[Setting::OneProcess, Setting::Processes, Setting::Swapped, Setting::ProcessesSwapped];
/// For one that is about making connections, or about bytes.
pub(crate) const BOTH: &[Setting] = &[Setting::OneProcess, Setting::Processes];
/// For a case that does something to the peer's process.
pub(crate) const PROCESSES: &[Setting] = &[Setting::Processes];
/// For a case about what happens to sockets.
pub(crate) const SOCKETS: &[Setting] = &[Setting::Sockets];

/// Cases as `CLAUSE SETTINGS name;`, where the name is that of a function, or `CLAUSE SETTINGS name = function;`.
macro_rules! cases {
    ($($clause:ident $settings:ident $name:ident $(= $run:expr)?;)*) => {
        &[$($crate::case::Case {
            clause: stringify!($clause),
            name: stringify!($name),
            settings: $crate::case::$settings,
            run: $crate::case::cases!(@ $name $($run)?),
        }),*]
    };
    (@ $name:ident) => { $name };
    (@ $name:ident $run:expr) => { $run };
}

pub(crate) use cases;
