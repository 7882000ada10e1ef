//! The cases: what is called, by how many, and what the socket does in the meantime.

use std::fmt;

use crate::{
    job::Job,
    work::{Item, LIST},
};

/// One line of the comparison, for each peer.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) callers: usize,
    pub(crate) baseline: Baseline,
    /// With the allocator's thresholds set for large payloads.
    pub(crate) tuned: bool,
    /// Whether `--quick` has it.
    pub(crate) quick: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Calls of this kind, over one connection.
    Calls(Job),
    /// From nothing to a connection, a first answer, and the connection's end.
    Connect,
    /// From nothing to a process and its first answer; its end does not count.
    Spawn,
    /// What connections take that do nothing.
    MemoryPerConnection,
    /// What objects take that are held.
    MemoryPerObject,
}

/// What the bare socket does in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// 64 bytes there and 64 back.
    PingPong,
    /// 64 bytes there and so many back.
    Result(usize),
    /// 64 bytes and so many more there, 64 back.
    Argument(usize),
    /// A connection, a ping-pong, and its end.
    Connect,
    /// A process, a connection and a ping-pong; their end does not count.
    Spawn,
}

/// The payloads, in bytes; whether they are large enough for the allocator's thresholds to matter.
const PAYLOADS: [(usize, bool); 6] =
    [(64, false), (1 << 10, false), (16 << 10, false), (128 << 10, false), (1 << 20, true), (16 << 20, true)];

/// How many callers there are, besides one.
const CALLERS: [usize; 4] = [2, 4, 8, 64];

/// All cases, in the order of the report.
pub(crate) fn all() -> Vec<Case> {
    let calls = |name: &str, job| Case::new(name, What::Calls(job), Baseline::PingPong);
    let mut cases = vec![
        calls("empty", Job::Empty),
        calls("add", Job::Add).quick(),
        calls("add_no_context", Job::AddNoContext).quick(),
        calls("struct_20_fields", Job::Twenty),
    ];
    for (length, large) in PAYLOADS {
        let result = Case::new(
            format!("bytes_{}_result", Size(length)),
            What::Calls(Job::Result(length)),
            Baseline::Result(length),
        );
        let argument = Case::new(
            format!("bytes_{}_argument", Size(length)),
            What::Calls(Job::Argument(length)),
            Baseline::Argument(length),
        );
        for case in [if length == 1 << 20 { result.quick() } else { result }, argument] {
            let tuned = large.then(|| case.tuned());
            cases.push(case);
            cases.extend(tuned);
        }
    }
    cases.extend([
        Case::new("list_10000_structs", What::Calls(Job::List), Baseline::Result(LIST * Item::BARE)),
        calls("callback_nested", Job::Nested(1)).quick(),
        calls("callback_depth_8", Job::Nested(8)),
        calls("callback_stored", Job::Fire),
        calls("object", Job::Object),
    ]);
    cases.extend(CALLERS.map(|callers| {
        let case = Case { callers, ..calls(&format!("add_{callers}_threads"), Job::Add) };
        if callers == 4 { case.quick() } else { case }
    }));
    cases.extend([
        Case::new("connect", What::Connect, Baseline::Connect),
        Case::new("spawn", What::Spawn, Baseline::Spawn),
        Case::new("memory_per_connection", What::MemoryPerConnection, Baseline::Connect),
        Case::new("memory_per_object", What::MemoryPerObject, Baseline::PingPong),
    ]);
    cases
}

/// The case of that name.
pub(crate) fn named(name: &str) -> Option<Case> {
    all().into_iter().find(|case| case.name == name)
}

/// The names of all cases, the socket's own among them.
pub(crate) fn names() -> Vec<String> {
    let cases = all();
    baselines(&cases).into_iter().map(Baseline::name).chain(cases.iter().map(|case| case.name.clone())).collect()
}

/// What the socket does for these cases, each once.
pub(crate) fn baselines<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Vec<Baseline> {
    let mut baselines = Vec::new();
    for case in cases {
        if !baselines.contains(&case.baseline) {
            baselines.push(case.baseline);
        }
    }
    baselines
}

impl Case {
    fn new(name: impl Into<String>, what: What, baseline: Baseline) -> Self {
        Self { name: name.into(), what, callers: 1, baseline, tuned: false, quick: false }
    }

    fn quick(self) -> Self {
        Self { quick: true, ..self }
    }

    fn tuned(&self) -> Self {
        Self { name: format!("{}_tuned", self.name), tuned: true, quick: false, ..self.clone() }
    }

    /// What one call does, or what is done once.
    pub(crate) fn about(&self) -> String {
        let mut about = match self.what {
            What::Calls(Job::Empty) => "does nothing".into(),
            What::Calls(Job::Add) if self.callers > 1 => format!("as add, from {} callers at a time", self.callers),
            What::Calls(Job::Add) => "adds two integers, on the server thread that stands for the caller's".into(),
            What::Calls(Job::AddNoContext) => "adds two integers, on whatever thread reads".into(),
            What::Calls(Job::Twenty) => "takes a struct of twenty fields and returns it".into(),
            What::Calls(Job::Result(length)) => format!("returns {}", Size(length).in_words()),
            What::Calls(Job::Argument(length)) => format!("takes {}", Size(length).in_words()),
            What::Calls(Job::List) => format!("returns {LIST} structs of five fields"),
            What::Calls(Job::Nested(1)) => "calls the caller back once before it answers".into(),
            What::Calls(Job::Nested(depth)) => {
                format!("calls back {depth} deep: each callback calls the server again, which calls back")
            }
            What::Calls(Job::Fire) => {
                "has another thread or task of the server call a callback that it was given before".into()
            }
            What::Calls(Job::Object) => "makes an object, calls it once, and drops it".into(),
            What::Connect => "connects, calls add once, disconnects".into(),
            What::Spawn => "spawns the server, connects, and calls add once".into(),
            What::MemoryPerConnection => "connects and calls add once; what each takes of those that are held".into(),
            What::MemoryPerObject => "makes an object; what each takes of those that are held".into(),
        };
        if self.tuned {
            about += ", where glibc is told to keep the memory it has";
        }
        about
    }

    /// The bytes that a call carries, where that is what the case is about.
    pub(crate) fn payload(&self) -> Option<usize> {
        match self.what {
            What::Calls(Job::Result(length) | Job::Argument(length)) => Some(length),
            What::Calls(Job::List) => Some(LIST * Item::BARE),
            _ => None,
        }
    }
}

impl Baseline {
    /// What the bare socket does in the meantime.
    pub(crate) fn about(self) -> String {
        match self {
            Self::PingPong => "64 bytes there and 64 back".into(),
            Self::Result(length) => format!("64 bytes there and {} back", Size(length).in_words()),
            Self::Argument(length) => format!("{} there and 64 bytes back", Size(length).in_words()),
            Self::Connect => "connects, 64 bytes there and back, disconnects".into(),
            Self::Spawn => "spawns a server, connects, 64 bytes there and back".into(),
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::PingPong => "ping_pong_64".into(),
            Self::Result(length) => format!("bulk_{}", Size(length)),
            Self::Argument(length) => format!("bulk_{}_argument", Size(length)),
            Self::Connect => "connect".into(),
            Self::Spawn => "spawn".into(),
        }
    }

    pub(crate) fn payload(self) -> Option<usize> {
        match self {
            Self::Result(length) | Self::Argument(length) => Some(length),
            Self::PingPong | Self::Connect | Self::Spawn => None,
        }
    }
}

/// So many bytes, in a name.
pub(crate) struct Size(pub(crate) usize);

impl Size {
    fn in_words(&self) -> String {
        let (count, _, unit) = self.parts();
        format!("{count} {unit}")
    }

    /// How many of a unit; the unit in a name, and in words.
    fn parts(&self) -> (usize, &'static str, &'static str) {
        match self.0 {
            mib if mib >= 1 << 20 && mib % (1 << 20) == 0 => (mib >> 20, "mib", "MiB"),
            kib if kib >= 1 << 10 && kib % (1 << 10) == 0 => (kib >> 10, "kib", "KiB"),
            bytes => (bytes, "b", "bytes"),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit, _) = self.parts();
        write!(f, "{count}{unit}")
    }
}
