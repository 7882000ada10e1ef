//! The program: what it prints, and what its exit status tells.

use std::process::{Command, Output};

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(args).output().expect("it can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (status.code(), text(stdout), text(stderr))
}

fn program(args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_conformance-tests"));
    program.args(args);
    program
}

#[test]
fn a_table_names_clause_case_setting_result_and_time() {
    let (status, table, _) = run(&["--transport", "capnp", "--clause", "C1", "--case", "nan_keeps_its_bits"]);
    assert_eq!(status, Some(0), "{table}");
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("C1: "), "{table}");
    for (line, setting) in lines[1..].iter().zip(["one_process", "processes", "swapped"]) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [result, seconds, "s", of, case] = words[..] else { panic!("{line}") };
        assert_eq!((result, of, case), ("pass", setting, "nan_keeps_its_bits"));
        assert!(seconds.parse::<f64>().is_ok(), "{line}");
    }
    assert_eq!(lines.last(), Some(&"capnp: 3 of 3 passed, 0 failed"));
}

#[test]
fn each_repetition_has_a_seed_of_its_own() {
    let args = ["--case", "C1::random_values::one_process", "--repeat", "3", "--seed", "7", "--json"];
    let (status, lines, _) = run(&args);
    assert_eq!(status, Some(0), "{lines}");
    let runs: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let seeds: Vec<_> = runs.iter().map(|run| run["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9)]);
    for run in runs {
        assert_eq!((&run["clause"], &run["case"]), (&"C1".into(), &"random_values".into()));
        assert_eq!((&run["setting"], &run["passed"]), (&"one_process".into(), &true.into()));
        assert!(run["milliseconds"].is_u64() && run["failure"].is_null(), "{run}");
    }
}

/// No patience at all makes a case fail that passes otherwise.
#[test]
fn a_case_that_fails_shows_in_the_exit_status() {
    let output = program(&["--case", "F6::a_deadline_does_not_end_too_early::one_process", "--json"])
        .env("CONFORMANCE_SECONDS", "0")
        .output()
        .expect("it can be started");
    assert_eq!(output.status.code(), Some(1));
    let run: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(run["passed"], false);
    assert!(run["failure"].as_str().is_some_and(|failure| failure.contains("still runs")), "{run}");
}

#[test]
fn what_it_does_not_understand_it_says_and_fails() {
    let cases: [(&[&str], &str); 6] = [
        (&["--transport", "pigeon"], "expected one of the transports"),
        (&["--pigeon"], "unknown argument --pigeon"),
        (&["--repeat", "often"], "expected a number, got often"),
        (&["--seed"], "expected a value after --seed"),
        (&["--clause", "C99"], "a run that proves nothing does not pass"),
        (&["--case", "pigeon"], "a run that proves nothing does not pass"),
    ];
    for (args, message) in cases {
        let (status, _, errors) = run(args);
        assert_eq!(status, Some(2), "{args:?}");
        assert!(errors.contains(message), "{args:?}: {errors}");
    }
}

#[test]
fn the_list_has_every_case_once() {
    // Those that run only when they are asked for, too.
    let output = program(&["--list"]).env("CONFORMANCE_SWAPPED", "1").output().expect("it can be started");
    assert_eq!(output.status.code(), Some(0));
    let list = String::from_utf8(output.stdout).expect("text");
    let names: Vec<_> = list.lines().collect();
    let all: usize = conformance_tests::list().map(|case| case.settings.len()).sum();
    assert_eq!(names.len(), all);
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), all);
}
