//! The page's plots.

use plotly::{
    Bar, Layout, Plot, Scatter,
    common::{Line, Marker, Mode},
    layout::{Axis, AxisType, BarMode, Legend, Margin},
};

use super::tables::distinct;
use crate::{
    cases::{self, Baseline, What},
    job::Job,
    peers::socket,
    report::Figures,
};

/// A plot and what it shows.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) plot: Plot,
}

/// Those for which there are figures.
pub(super) fn sections(rows: &[Figures]) -> Vec<Section> {
    let sections = [
        Section {
            title: "Kinds of calls",
            text: "How many times a bare socket's ping-pong of 64 bytes one call takes; lower is better. One caller.",
            plot: kinds(rows),
        },
        Section {
            title: "Latency of a small call",
            text: "How long <code>add</code> takes, from the median to the slowest: at 99 one call in a hundred takes longer. \
                   Lower and flatter is better. One caller.",
            plot: latencies(rows, "add"),
        },
        Section {
            title: "Latency of a nested callback",
            text: "The same for a call that is called back once before it returns.",
            plot: latencies(rows, "callback_nested"),
        },
        Section {
            title: "Throughput of results",
            text: "Megabytes a second over the size of a <code>Vec&lt;u8&gt;</code> that calls return, one after the other; \
                   higher is better. The bare socket is the limit.",
            plot: payloads(rows, |job| if let Job::Result(length) = job { Some(length) } else { None }),
        },
        Section {
            title: "Throughput of arguments",
            text: "The same for a <code>Vec&lt;u8&gt;</code> that calls take.",
            plot: payloads(rows, |job| if let Job::Argument(length) = job { Some(length) } else { None }),
        },
        Section {
            title: "Throughput of callers",
            text: "Calls of <code>add</code> a second, over how many callers make them at the same time over one connection \
                   (ipc-channel: over channels of their own); higher is better. Callers are threads, or tasks where the \
                   transport's world is async.",
            plot: callers(rows),
        },
    ];
    sections.into_iter().filter(|section| !section.plot.data().is_empty()).collect()
}

fn kinds(rows: &[Figures]) -> Plot {
    const CASES: [&str; 8] = [
        "empty",
        "add",
        "add_no_context",
        "struct_20_fields",
        "callback_nested",
        "callback_depth_8",
        "callback_stored",
        "object",
    ];
    let mut plot = Plot::new();
    for (transport, color) in transports(rows) {
        let rows = rows.iter().filter(|row| row.transport == transport && CASES.contains(&row.case.as_str()));
        let (names, ratios): (Vec<_>, Vec<_>) = rows.map(|row| (row.case.clone(), row.ratio)).unzip();
        if !names.is_empty() && transport != "direct" {
            plot.add_trace(Bar::new(names, ratios).name(transport).marker(Marker::new().color(color)));
        }
    }
    let axis = Axis::new().title("times the socket's ping-pong").type_(AxisType::Log);
    plot.set_layout(layout().bar_mode(BarMode::Group).y_axis(axis));
    plot
}

/// Over the quantiles, spread so that each further nine takes as much room.
fn latencies(rows: &[Figures], case: &str) -> Plot {
    let mut plot = Plot::new();
    for (transport, color) in transports(rows) {
        let baseline = transport == socket::NAME;
        let wanted = if baseline { Baseline::PingPong.name() } else { case.to_owned() };
        let Some(row) = rows.iter().find(|row| row.transport == transport && row.case == wanted) else { continue };
        if transport == "direct" {
            continue;
        }
        let told = row.distribution.iter().filter(|(quantile, _)| (0.5..1.0).contains(quantile));
        let (at, us): (Vec<_>, Vec<_>) = told.map(|(quantile, us)| (-(1.0 - quantile).log10(), *us)).unzip();
        plot.add_trace(line(at, us, transport, color));
    }
    let ticks = [0.5_f64, 0.9, 0.99, 0.999, 0.9999];
    let axis = Axis::new()
        .title("percentile")
        .tick_values(ticks.iter().map(|quantile| -(1.0 - quantile).log10()).collect())
        .tick_text(ticks.iter().map(|quantile| format!("{}", quantile * 100.0)).collect());
    plot.set_layout(layout().x_axis(axis).y_axis(Axis::new().title("µs").type_(AxisType::Log)));
    plot
}

fn payloads(rows: &[Figures], length: impl Fn(Job) -> Option<usize>) -> Plot {
    let cases: Vec<_> = cases::all()
        .into_iter()
        .filter(|case| !case.tuned)
        .filter_map(|case| Some((if let What::Calls(job) = case.what { length(job)? } else { return None }, case)))
        .collect();
    let mut plot = Plot::new();
    for (transport, color) in transports(rows) {
        if transport == "direct" {
            continue;
        }
        let name = |case: &cases::Case| {
            if transport == socket::NAME { case.baseline.name() } else { case.name.clone() }
        };
        let points = cases.iter().filter_map(|(length, case)| {
            let row = rows.iter().find(|row| row.transport == transport && row.case == name(case))?;
            Some((*length, row.mb_per_s?))
        });
        let (lengths, mb): (Vec<_>, Vec<_>) = points.unzip();
        // One size alone shows nothing that the tables don't.
        if lengths.len() > 1 {
            plot.add_trace(line(lengths, mb, transport, color));
        }
    }
    let axis = Axis::new()
        .title("bytes")
        .type_(AxisType::Log)
        .tick_values(cases.iter().map(|(length, _)| *length as f64).collect())
        .tick_text(cases.iter().map(|(length, _)| cases::Size(*length).to_string()).collect());
    plot.set_layout(layout().x_axis(axis).y_axis(Axis::new().title("MB/s").type_(AxisType::Log)));
    plot
}

fn callers(rows: &[Figures]) -> Plot {
    let mut plot = Plot::new();
    for (transport, color) in transports(rows) {
        let add =
            |row: &&Figures| row.case == "add" || (row.case.starts_with("add_") && row.case.ends_with("_threads"));
        let rows = rows.iter().filter(|row| row.transport == transport && transport != "direct").filter(add);
        let (callers, calls): (Vec<_>, Vec<_>) = rows.map(|row| (row.threads, row.calls_per_s)).unzip();
        if callers.len() > 1 {
            plot.add_trace(line(callers, calls, transport, color));
        }
    }
    let ticks = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let axis = Axis::new()
        .title("callers")
        .type_(AxisType::Log)
        .tick_values(ticks.to_vec())
        .tick_text(ticks.iter().map(|callers| format!("{callers}")).collect());
    plot.set_layout(layout().x_axis(axis).y_axis(Axis::new().title("calls/s").type_(AxisType::Log)));
    plot
}

fn line<X, Y>(x: Vec<X>, y: Vec<Y>, name: &str, color: &'static str) -> Box<Scatter<X, Y>>
where
    X: serde::Serialize + Clone + 'static,
    Y: serde::Serialize + Clone + 'static,
{
    Scatter::new(x, y)
        .name(name)
        .mode(Mode::LinesMarkers)
        .line(Line::new().color(color))
        .marker(Marker::new().color(color))
}

fn layout() -> Layout {
    Layout::new().margin(Margin::new().top(20).right(20)).legend(Legend::new()).auto_size(true)
}

/// Each with its colour, the same in all plots.
fn transports(rows: &[Figures]) -> Vec<(&str, &'static str)> {
    const COLORS: [&str; 12] = [
        "#888888", "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf",
        "#000000", "#66c2a5",
    ];
    distinct(rows, |row| &row.transport).into_iter().zip(COLORS.into_iter().cycle()).collect()
}
