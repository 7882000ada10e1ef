//! What the figures depend on.

use std::{env, fs};

use rustix::system::uname;

use crate::{peers::Peer, resources::Pin};

/// Machine, kernel, compiler, versions, allocator, cores: one line each.
pub(crate) fn machine(peers: &[&dyn Peer], pin: Option<Pin>) -> Vec<String> {
    let kernel = uname();
    let mut versions: Vec<_> = peers.iter().flat_map(|peer| peer.crates()).copied().collect();
    versions.sort_unstable();
    versions.dedup();
    let versions: Vec<_> =
        versions.into_iter().filter_map(|name| Some(format!("{name} {}", locked_version(name)?))).collect();
    let mut lines = vec![
        processor(),
        format!("{} {}", kernel.sysname().to_string_lossy(), kernel.release().to_string_lossy()),
        env!("BENCH_RUSTC").into(),
        allocator(),
        pin.map_or_else(|| "not pinned".into(), |pin| pin.to_string()),
    ];
    if !versions.is_empty() {
        lines.insert(3, versions.join(", "));
    }
    if cfg!(debug_assertions) {
        lines.push("A DEBUG BUILD: these figures mean nothing".into());
    }
    lines
}

fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| env::consts::ARCH.into());
    let all = info.lines().filter(|line| line.starts_with("processor")).count().max(cores);
    format!("{model}, {all} cores")
}

/// The allocator, and what the environment tells it.
fn allocator() -> String {
    let settings: Vec<_> = env::vars()
        .filter(|(name, _)| name.starts_with("MALLOC_") || name == "GLIBC_TUNABLES")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let libc = if cfg!(target_env = "gnu") { "glibc's malloc" } else { "the system's malloc" };
    let settings = if settings.is_empty() { "as it is".into() } else { settings.join(" ") };
    format!("{libc}, {settings}; in cases named ..._tuned with {}", crate::compare::TUNED.1)
}

/// The version that this workspace's lockfile names.
fn locked_version(name: &str) -> Option<&'static str> {
    let (_, package) = include_str!("../../../Cargo.lock").split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(package.split_once('"')?.0)
}
