//! The page: complete in itself, with plots that can be read closely.

mod plots;
mod tables;

use std::{error::Error, fmt::Write as _, fs, path::Path};

use plotly::Plot;

use super::Figures;
use crate::peers::{Peer, socket};

/// Writes the page.
pub(crate) fn write_html(
    path: &Path,
    rows: &[Figures],
    machine: &[String],
    peers: &[&dyn Peer],
) -> Result<(), Box<dyn Error>> {
    let mut page = String::new();
    write!(page, "<!doctype html><html lang=en><meta charset=utf-8><title>Transports compared</title>")?;
    write!(page, "<meta name=viewport content='width=device-width'><style>{STYLE}</style>{}", script())?;
    write!(page, "<main><h1>Transports compared</h1><ul class=machine>")?;
    for line in machine {
        write!(page, "<li>{}</li>", escaped(line))?;
    }
    write!(page, "</ul>")?;
    let unsteady = rows.iter().filter(|row| !row.is_steady()).count();
    if unsteady > 0 {
        write!(
            page,
            "<p class=warning>The machine was not quiet: beside {unsteady} of {} rows the bare socket's own time moved by more \
             than 30 %. They are marked in the tables; repeat them before relying on them.</p>",
            rows.len()
        )?;
    }
    write!(page, "<h2>Who takes part</h2><table class=notes>")?;
    write!(page, "<tr><th>{}<td>{}", socket::NAME, socket::NOTE)?;
    for peer in peers {
        write!(page, "<tr><th>{}<td>{}", peer.name(), escaped(peer.note()))?;
    }
    write!(page, "</table><h2>What is measured</h2>{}", tables::cases(rows))?;
    write!(page, "<h2>At a glance</h2>{}", tables::glance(rows))?;
    for (id, section) in plots::sections(rows).into_iter().enumerate() {
        write!(page, "<h2>{}</h2><p>{}</p>", section.title, section.text)?;
        write!(page, "<div class=plot>{}</div>", section.plot.to_inline_html(Some(&format!("plot{id}"))))?;
    }
    write!(page, "<h2>All figures</h2>{}</main></html>", tables::all(rows))?;
    fs::write(path, page).map_err(|e| format!("cannot write {}: {e}", path.display()).into())
}

/// The plots' script. The crate brings another after it, for formulas, which nothing here has.
fn script() -> String {
    let mut script = Plot::offline_js_sources();
    if let Some(second) = script.rfind("<script type=\"text/javascript\">").filter(|at| *at > 0) {
        script.truncate(second);
    }
    script
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 0 }
main { max-width: 1200px; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
p { max-width: 50rem }
.machine { color: #555; padding-left: 1.2rem } .warning { background: #fff3cd; padding: .5rem 1rem }
.plot { height: 480px } .scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px } th, td { padding: .2rem .5rem; border-bottom: 1px solid #ddd }
td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } th { text-align: left; white-space: nowrap }
.notes td { text-align: left } .best { background: #d9f2dd; font-weight: 600 } .ratio { color: #777; font-size: 11px }
.unsteady { color: #a60 } tr:hover td { background: #f6f8fa }
";
