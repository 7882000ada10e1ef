//! The page's tables.

use std::fmt::Write as _;

use super::{super::table::digits, escaped};
use crate::{
    cases,
    peers::socket,
    report::{Figures, PerCall},
};

/// One column for each transport, one line for each case: the median, its ratio to the socket, the best one marked; for
/// several callers at the same time, calls a second.
pub(super) fn glance(rows: &[Figures]) -> String {
    let transports = distinct(rows, |row| &row.transport);
    let transports: Vec<_> = transports.into_iter().filter(|name| *name != socket::NAME).collect();
    let cases = distinct(rows.iter().filter(|row| row.transport != socket::NAME), |row| &row.case);
    let mut html =
        "<p>Median µs of one call, and below it how many times the bare socket's that is. Where several callers \
                    call at the same time: calls a second in all, and below it the median µs of one. Of what is held: bytes of \
                    memory, and below it the caller's and the server's. The best that has calls across processes is marked.</p><div class=scroll><table><tr><th>case"
            .to_owned();
    for transport in &transports {
        let _ = write!(html, "<th>{transport}");
    }
    for case in cases {
        let _ = write!(html, "<tr><th>{case}");
        let of = |transport: &str| rows.iter().find(|row| row.transport == transport && row.case == case);
        let crossing = transports.iter().filter_map(|transport| of(transport)).filter(|row| crosses(row));
        let best = crossing.map(cost).fold(f64::INFINITY, f64::min);
        for transport in &transports {
            let Some(row) = of(transport) else {
                html += "<td>–";
                continue;
            };
            let best = if crosses(row) && cost(row) <= best { "best" } else { "" };
            let steady = if row.is_steady() { "" } else { "unsteady" };
            let median = digits(row.median_us);
            let (figure, below) = if let Some(memory) = row.memory {
                (format!("{} B", memory.all()), memory.to_string())
            } else if row.threads > 1 {
                (format!("{:.0}/s", row.calls_per_s), format!("{median} µs"))
            } else {
                (median, format!("{}×", digits(row.ratio)))
            };
            let _ = write!(html, "<td class='{best} {steady}'>{figure}<br><span class=ratio>{below}</span>");
        }
    }
    html + "</table></div>"
}

/// By which transports are compared, the least being the best. The median of a call says little where callers take turns, and
/// how long it took to make what is held is another case's.
fn cost(row: &Figures) -> f64 {
    match row.memory {
        Some(memory) => memory.all() as f64,
        None if row.threads > 1 => row.calls_per_s.recip(),
        None => row.median_us,
    }
}

/// What is measured, for those cases that there are figures of.
pub(super) fn cases(rows: &[Figures]) -> String {
    let mut html = "<div class=scroll><table class=notes><tr><th>case<th>a call<th>the bare socket".to_owned();
    for case in cases::all() {
        if rows.iter().any(|row| row.case == case.name) {
            let _ = write!(html, "<tr><th>{}<td>{}<td>{}", case.name, case.about(), case.baseline.about());
        }
    }
    html + "</table></div>"
}

/// All there is.
pub(super) fn all(rows: &[Figures]) -> String {
    let mut html =
        "<div class=scroll><table><tr><th>transport<th>case<th>callers<th>median µs<th>p99<th>p99.9<th>calls/s\
                    <th>MB/s<th>ratio<th>CPU µs, caller<th>server<th>system calls, caller<th>server<th>bytes, caller\
                    <th>server<th>socket µs<th>moved"
            .to_owned();
    let some = |value: Option<f64>| value.map_or("–".into(), digits);
    let sides = |both: Option<PerCall>| {
        let server = both.and_then(|both| both.server);
        format!("<td>{}<td>{}", some(both.map(|both| both.client)), some(server))
    };
    for row in rows {
        let bytes = |bytes: Option<u64>| bytes.map_or("–".into(), |bytes| bytes.to_string());
        let _ = write!(
            html,
            "<tr class='{}'><th>{}<th>{}<td>{}<td>{}<td>{}<td>{}<td>{:.0}<td>{}<td>{}{}{}<td>{}<td>{}<td>{}<td>{:.0} %",
            if row.is_steady() { "" } else { "unsteady" },
            escaped(&row.transport),
            escaped(&row.case),
            row.threads,
            digits(row.median_us),
            digits(row.p99_us),
            some(row.p999_us),
            row.calls_per_s,
            some(row.mb_per_s),
            digits(row.ratio),
            sides(row.cpu_us),
            sides(row.syscalls),
            bytes(row.memory.map(|memory| memory.client)),
            bytes(row.memory.and_then(|memory| memory.server)),
            digits(row.baseline_us),
            (row.baseline_moved - 1.0) * 100.0,
        );
    }
    html + "</table></div>"
}

/// Names in the order in which they come first.
pub(super) fn distinct<'a>(
    rows: impl IntoIterator<Item = &'a Figures>,
    name: impl Fn(&'a Figures) -> &'a String,
) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&name(row).as_str()) {
            names.push(name(row));
        }
    }
    names
}

/// Whether there is another process, and calls to it.
fn crosses(row: &Figures) -> bool {
    row.transport != "ipc-channel"
        && row.cpu_us.is_none_or(|cpu| cpu.server.is_some())
        && row.memory.is_none_or(|memory| memory.server.is_some())
}
