//! What a child gets from its parent, and how it learns that it has one.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::Read,
    os::fd::{AsFd, AsRawFd},
    process::Stdio,
};

use ipc_core::{Address, BindOptions, ExceptionKind, FdBy, Listener, Spawn, Stream, spawned};
use libtest_mimic::Trial;

use crate::{role, roles::read_all, test};

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        test("the_stream_comes_by_arguments", the_stream_comes_by_arguments),
        test("the_stream_comes_by_the_environment", the_stream_comes_by_the_environment),
        test("the_arguments_are_those_of_bitcoin_core", the_arguments_are_those_of_bitcoin_core),
        test("a_child_takes_its_arguments_off", a_child_takes_its_arguments_off),
        test("a_child_sees_only_what_it_was_granted", a_child_sees_only_what_it_was_granted),
        test("the_stream_is_taken_once", the_stream_is_taken_once),
        test("the_variable_is_not_passed_on", the_variable_is_not_passed_on),
        test("who_was_not_spawned_has_no_stream", who_was_not_spawned_has_no_stream),
        test("a_wrong_number_is_an_error", a_wrong_number_is_an_error),
    ]
}

fn assert_echoes(spawn: Spawn) {
    let mut child = spawn.spawn().unwrap();
    let mut stream = &child.take_stream().unwrap();
    stream.send(b"ping").unwrap();
    let mut got = [0; 4];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"ping");
}

fn output_of(spawn: Spawn) -> String {
    let mut child = spawn.stdout(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.take_stdout().unwrap().read_to_string(&mut text).unwrap();
    text
}

fn the_stream_comes_by_arguments() {
    assert_echoes(role("echo"));
}

fn the_stream_comes_by_the_environment() {
    assert_echoes(role("echo-env").fd_by(FdBy::Environment).args(["-ipcfd", "1"]));
}

fn the_arguments_are_those_of_bitcoin_core() {
    let text = output_of(Spawn::new("echo").arg("a").args(["b", "c"]));
    let words: Vec<_> = text.split_whitespace().collect();
    assert_eq!((words[0], &words[2..]), ("-ipcfd", &["a", "b", "c"][..]));
    assert!(words[1].parse::<u32>().unwrap() > 2);

    let text = output_of(Spawn::new("echo").fd_by(FdBy::Argument("--fd")));
    assert!(text.starts_with("--fd "), "{text}");
    assert_eq!(output_of(Spawn::new("echo").arg("a").fd_by(FdBy::Environment)), "a\n");
}

fn a_child_takes_its_arguments_off() {
    let mut child = role("args").arg("one").arg("-ipcfd").arg("7").spawn().unwrap();
    assert_eq!(read_all(&child.take_stream().unwrap()), r#"["one", "-ipcfd", "7"]"#);
}

fn a_child_sees_only_what_it_was_granted() {
    // Whoever started this program may have passed on descriptors, which do not close on exec.
    let passed_on = |number: &u32| {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(str::trim);
        flags.is_some_and(|flags| u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000 == 0)
    };
    let mut expected: BTreeSet<u32> = (0..1000).filter(passed_on).collect();

    let dir = tempfile::tempdir().unwrap();
    let address = Address::unix(dir.path().join("a")).unwrap();
    let listener = Listener::bind(&address, &BindOptions::new()).unwrap();
    let client = Stream::connect(&address).unwrap();
    let kept = (listener.accept().unwrap(), client.try_clone().unwrap(), Stream::pair().unwrap());
    let sibling = role("echo").spawn().unwrap();

    let mut child = role("descriptors").spawn().unwrap();
    let answer = read_all(&child.take_stream().unwrap());
    let (granted, seen) = answer.split_once(" of ").unwrap();
    expected.insert(granted.parse().unwrap());
    let seen: BTreeSet<u32> = seen.split(' ').map(|number| number.parse().unwrap()).collect();
    assert_eq!(seen, expected);
    drop((kept, sibling));
}

fn the_stream_is_taken_once() {
    let mut child = role("twice").spawn().unwrap();
    let error = read_all(&child.take_stream().unwrap());
    assert!(error.contains("Protocol: invalid -ipcfd") && error.contains("taken already"), "{error}");
}

fn the_variable_is_not_passed_on() {
    let mut child = role("nested").fd_by(FdBy::Environment).spawn().unwrap();
    assert_eq!(read_all(&child.take_stream().unwrap()), "None");
}

fn who_was_not_spawned_has_no_stream() {
    let not_spawned: [&[&str]; 6] = [
        &[],
        &["node"],
        &["node", "-ipcfd"],
        &["node", "-x", "-ipcfd", "9"],
        &["-ipcfd", "9"],
        &["node", "-ipcfd=9", "x"],
    ];
    for args in not_spawned {
        let mut left: Vec<OsString> = args.iter().map(Into::into).collect();
        assert!(spawned::from_args(&mut left).unwrap().is_none(), "{args:?}");
        assert_eq!(left, args);
    }
    assert!(spawned::from_env().unwrap().is_none());
}

fn a_wrong_number_is_an_error() {
    let (ours, _theirs) = Stream::pair().unwrap();
    let ours = ours.as_fd().as_raw_fd().to_string();
    for number in ["", "x", "-1", "+9", "9 ", "99999999999", "1", "100000", &ours] {
        let mut args: Vec<OsString> = ["node", "-ipcfd", number].map(Into::into).into();
        let e = spawned::from_args(&mut args).unwrap_err();
        assert_eq!(e.kind(), ExceptionKind::Protocol);
        assert!(e.message().contains(&format!("invalid -ipcfd {number:?}")), "{e}");
        assert_eq!(args.len(), 3);
    }
}
