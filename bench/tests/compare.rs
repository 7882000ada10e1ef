//! Runs the comparison with rounds that are as short as can be.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

const CASES: [&str; 5] = ["add", "add_no_context", "bytes_1mib_result", "callback_nested", "add_4_threads"];

/// The transports that this build has.
const TRANSPORTS: &[&str] = &[
    #[cfg(feature = "capnp")]
    "capnp",
];

fn compare(options: &[&str]) -> (String, Vec<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("figures.json");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["compare", "--quick", "--round-ms", "2", "--json"])
        .arg(&json)
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    (String::from_utf8(output.stdout).unwrap(), rows)
}

fn names(rows: &[Value]) -> BTreeSet<(&str, &str)> {
    rows.iter().map(|row| (row["transport"].as_str().unwrap(), row["case"].as_str().unwrap())).collect()
}

#[test]
fn every_case_is_measured_over_every_transport() {
    let (table, rows) = compare(&[]);
    let mut expected = BTreeSet::from([("socket", "ping_pong_64"), ("socket", "bulk_1mib")]);
    expected.extend(TRANSPORTS.iter().flat_map(|transport| CASES.map(|case| (*transport, case))));
    assert_eq!(names(&rows), expected);
    assert_eq!(rows.len(), expected.len());
    for row in &rows {
        for figure in ["median_us", "p99_us", "calls_per_s", "ratio"] {
            assert!(row[figure].as_f64().is_some_and(|n| n > 0.0 && n.is_finite()), "{figure} of {row}");
        }
        assert!(row["p99_us"].as_f64() >= row["median_us"].as_f64(), "{row}");
        let threads = if row["case"] == "add_4_threads" { 4 } else { 1 };
        assert_eq!(row["threads"], threads);
        assert_eq!(row.get("of_one_thread").is_some(), threads > 1, "{row}");
        assert!(table.contains(row["case"].as_str().unwrap()), "{table}");
    }
}

#[test]
fn what_is_measured_can_be_chosen() {
    let (table, rows) = compare(&["--pin", "0", "--transport", "socket", "--case", "ping_pong_64"]);
    assert_eq!(names(&rows), BTreeSet::from([("socket", "ping_pong_64")]));
    assert_eq!(rows[0]["ratio"], 1.0);
    assert!(table.contains("both processes on core 0"), "{table}");
}

#[test]
fn names_that_nothing_has_are_refused() {
    for option in [["--case", "subtract"], ["--transport", "pigeon"], ["--pin", "0,x"]] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_bench")).args(["compare", "--quick"]).args(option).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{option:?}");
    }
}
