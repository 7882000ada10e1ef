//! Messages on standard error.

use std::{fmt, io};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{
        format::Writer,
        layer,
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::cli::Category;

/// Prints warnings from now on, and what else was asked for: of the category `ipc`, each call's request and response, with
/// interface, method, peer and thread.
///
/// Two processes may print on one terminal: each line tells which one it is from.
pub(crate) fn start(role: &'static str, debug: &[Category]) {
    let targets =
        debug.iter().fold(Targets::new().with_default(LevelFilter::WARN), |targets, category| match category {
            Category::Ipc => targets.with_target("ipc", LevelFilter::TRACE),
        });
    let lines = layer().with_writer(io::stderr).with_ansi(false).with_thread_names(true).with_timer(Stamp { role });
    // Started twice, the first one counts.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// When, and in which process.
struct Stamp {
    role: &'static str,
}

impl FormatTime for Stamp {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        SystemTime.format_time(line)?;
        write!(line, " {}[{}]", self.role, std::process::id())
    }
}
