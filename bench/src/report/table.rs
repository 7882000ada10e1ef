//! The table on the terminal.

use super::{Figures, PerCall};

/// The lines above the rows: what the columns are, and their names.
pub(crate) fn heading() -> String {
    format!(
        "median, p99, p99.9: the time of one call; calls/s: of all callers together; ratio: the median over the bare socket's;\n\
         cpu, syscalls: of one call, the caller's + the server's, all threads\n\n\
         {:<15} {:<28} {:>7} {:>10} {:>10} {:>10} {:>9} {:>8} {:>7}  {:>13}  {:>11}",
        "transport",
        "case",
        "threads",
        "median µs",
        "p99 µs",
        "p99.9 µs",
        "calls/s",
        "MB/s",
        "ratio",
        "cpu µs",
        "syscalls"
    )
}

/// A row. `cpu` and `syscalls` are the caller's and the server's, for each call.
pub(crate) fn row(figures: &Figures) -> String {
    let Figures { transport, case, threads, median_us, p99_us, calls_per_s, ratio, .. } = figures;
    let mut row = format!(
        "{transport:<15} {case:<28} {threads:>7} {:>10} {:>10} {:>10} {calls_per_s:>9.0} {:>8} {:>7}  {:>13}  {:>11}",
        digits(*median_us),
        digits(*p99_us),
        figures.p999_us.map_or("-".into(), digits),
        figures.mb_per_s.map_or("-".into(), |mb| format!("{mb:.0}")),
        digits(*ratio),
        sides(figures.cpu_us, 1),
        sides(figures.syscalls, 1),
    );
    if let Some(factor) = figures.of_one_thread {
        row += &format!("  {factor:.2} of one thread's calls/s");
    }
    if let Some(memory) = figures.memory {
        row += &format!("  {memory} bytes each");
    }
    if !figures.is_steady() {
        row += &format!("  (baseline moved {:.1}×)", figures.baseline_moved);
    }
    row
}

/// Three digits that count, and no fewer before the point than there are.
pub(super) fn digits(value: f64) -> String {
    match value.abs() {
        ..0.0005 => "0".into(),
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

fn sides(figures: Option<PerCall>, digits: usize) -> String {
    match figures {
        Some(PerCall { client, server: Some(server) }) => format!("{client:.digits$} + {server:.digits$}"),
        Some(PerCall { client, server: None }) => format!("{client:.digits$}"),
        None => "-".into(),
    }
}
