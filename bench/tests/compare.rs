//! Runs the comparison with rounds that are as short as can be.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Output},
};

use serde_json::Value;

/// The cases of `--quick`.
const QUICK: [&str; 5] = ["add", "add_no_context", "bytes_1mib_result", "callback_nested", "add_4_threads"];

/// Those that don't have the shape of the others.
const OTHERS: [&str; 7] = [
    "struct_20_fields",
    "bytes_1mib_argument_tuned",
    "callback_depth_8",
    "callback_stored",
    "object",
    "add_8_threads",
    "memory_per_object",
];

/// What this build has.
const TRANSPORTS: &[&str] = &[
    #[cfg(feature = "capnp")]
    "capnp",
    #[cfg(feature = "grpc")]
    "grpc",
    #[cfg(feature = "local")]
    "local",
    #[cfg(feature = "local")]
    "local-direct",
    "direct",
    #[cfg(feature = "peers")]
    "capnp-rpc",
    #[cfg(feature = "peers")]
    "tonic",
    #[cfg(feature = "peers")]
    "tonic-blocking",
    #[cfg(feature = "peers")]
    "tarpc",
    #[cfg(feature = "peers")]
    "remoc",
    #[cfg(feature = "peers")]
    "zbus",
    #[cfg(feature = "peers")]
    "ipc-channel",
];

fn bench(options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench")).arg("compare").args(options).output().unwrap()
}

fn compare(options: &[&str]) -> (String, Vec<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("figures.json");
    let output = bench(&[&["--round-ms", "2", "--json", json.to_str().unwrap()], options].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    (String::from_utf8(output.stdout).unwrap(), rows)
}

fn names(rows: &[Value]) -> BTreeSet<(&str, &str)> {
    rows.iter().map(|row| (row["transport"].as_str().unwrap(), row["case"].as_str().unwrap())).collect()
}

fn check(rows: &[Value]) {
    for row in rows {
        for figure in ["median_us", "p99_us", "calls_per_s", "baseline_us"] {
            assert!(row[figure].as_f64().is_some_and(|n| n > 0.0 && n.is_finite()), "{figure} of {row}");
        }
        assert!(row["ratio"].as_f64().is_some_and(|n| n >= 0.0 && n.is_finite()), "{row}");
        assert!(row["p99_us"].as_f64() >= row["median_us"].as_f64(), "{row}");
        assert!(!row["baseline"].as_str().unwrap().is_empty(), "{row}");
        let threads = match row["case"].as_str().unwrap() {
            "add_4_threads" => 4,
            "add_8_threads" => 8,
            _ => 1,
        };
        assert_eq!(row["threads"], threads);
        assert_eq!(row.get("of_one_thread").is_some(), threads > 1, "{row}");
    }
}

#[test]
fn every_quick_case_is_measured_over_every_transport() {
    let (table, rows) = compare(&["--quick"]);
    let mut expected = BTreeSet::from([("socket", "ping_pong_64"), ("socket", "bulk_1mib")]);
    expected.extend(TRANSPORTS.iter().flat_map(|transport| QUICK.map(|case| (*transport, case))));
    assert_eq!(names(&rows), expected);
    assert_eq!(rows.len(), expected.len());
    check(&rows);
    for row in rows.iter().filter(|row| row["transport"] != "socket") {
        let cpu = &row["cpu_us"];
        assert!(cpu["client"].as_f64().is_some_and(|us| us > 0.0), "{row}");
        let in_process = ["direct", "local", "local-direct"];
        let processes = if in_process.iter().any(|name| row["transport"] == *name) { 1 } else { 2 };
        assert_eq!(1 + usize::from(cpu["server"].as_f64().is_some_and(|us| us > 0.0)), processes, "{row}");
    }
    for case in QUICK {
        assert!(table.contains(case), "{table}");
    }
}

#[test]
fn every_transport_does_all_kinds_of_work() {
    let cases: Vec<_> = OTHERS.iter().flat_map(|case| ["--case", case]).collect();
    let (_, rows) = compare(&cases);
    let expected: BTreeSet<_> = TRANSPORTS.iter().flat_map(|transport| OTHERS.map(|case| (*transport, case))).collect();
    assert_eq!(names(&rows), expected);
    check(&rows);
    for row in &rows {
        assert_eq!(row.get("memory").is_some(), row["case"] == "memory_per_object", "{row}");
        assert_eq!(row.get("mb_per_s").is_some(), row["case"] == "bytes_1mib_argument_tuned", "{row}");
    }
}

#[test]
fn connections_and_processes_are_measured_where_there_are_any() {
    let (table, rows) = compare(&["--case", "connect", "--case", "spawn", "--case", "memory_per_connection"]);
    let transports: BTreeSet<_> = names(&rows).into_iter().map(|(transport, _)| transport).collect();
    assert!(!transports.contains("direct") && transports.contains("socket"), "{transports:?}");
    assert_eq!(
        table.lines().filter(|line| line.starts_with("direct") && line.contains("cannot")).count(),
        3,
        "{table}"
    );
    check(&rows);
}

#[test]
fn what_is_measured_can_be_chosen() {
    let (table, rows) = compare(&["--pin", "0", "--transport", "socket", "--case", "ping_pong_64"]);
    assert_eq!(names(&rows), BTreeSet::from([("socket", "ping_pong_64")]));
    assert_eq!(rows[0]["ratio"], 1.0);
    assert!(table.contains("both processes on core 0"), "{table}");
}

#[test]
fn the_page_is_complete_in_itself() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    let output = bench(&["--quick", "--round-ms", "2", "--transport", "direct", "--html", page.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<h2>At a glance</h2>") && page.contains("bytes_1mib_result"));
    for from_elsewhere in ["<script src", "<link", "<img", "@import"] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
}

#[test]
fn names_that_nothing_has_are_refused() {
    for option in [["--case", "subtract"], ["--transport", "pigeon"], ["--pin", "0,x"]] {
        let output = bench(&[&["--quick"], &option[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{option:?}");
    }
}
