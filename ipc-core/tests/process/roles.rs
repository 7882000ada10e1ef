//! What this program does as a child.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{Read, Write},
    process::ExitCode,
    thread,
};

use ipc_core::{FdBy, Stream, spawned};

use crate::{exhaustion, role};

/// Names the role.
pub(crate) const VARIABLE: &str = "IPC_TEST_ROLE";

/// Plays the role that this process was spawned for, if it was.
pub(crate) fn play(mut args: Vec<OsString>) -> Option<ExitCode> {
    let name = env::var(VARIABLE).ok()?;
    let stream = || spawned::from_env().unwrap().expect("spawned by the environment");
    match name.as_str() {
        "echo" => echo(&spawned::from_args(&mut args).unwrap().expect("spawned by arguments")),
        "echo-env" => echo(&stream()),
        "exit-3" => return Some(ExitCode::from(3)),
        "hang-up" => {
            drop(spawned::from_args(&mut args).unwrap().unwrap());
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        "args" => answer(&spawned::from_args(&mut args).unwrap().unwrap(), &format!("{:?}", &args[1..])),
        "descriptors" => {
            let open = format!("{} of {}", args[2].display(), open_descriptors());
            answer(&spawned::from_args(&mut args).unwrap().unwrap(), &open);
        }
        "twice" => twice(args),
        "has-variable" => {
            let stream = spawned::from_args(&mut args).unwrap().unwrap();
            answer(&stream, &format!("{:?}", env::var_os(spawned::VARIABLE)));
        }
        "nested" => {
            // Has the variable itself, but its child is spawned by arguments.
            let stream = stream();
            let child = role("has-variable").spawn().unwrap().take_stream().unwrap();
            answer(&stream, &read_all(&child));
        }
        "parent" => parent(&stream(), &args[1]),
        "stay" => stay(&stream()),
        "exhausted" => exhaustion::play(),
        other => panic!("no role {other}"),
    }
    Some(ExitCode::SUCCESS)
}

/// All that arrives until the end.
pub(crate) fn read_all(mut stream: &Stream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn answer(mut stream: &Stream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn echo(mut stream: &Stream) {
    std::io::copy(&mut { stream }, &mut stream).unwrap();
}

/// The numbers of the open descriptors. The one that lists them is closed by the time it is looked at.
fn open_descriptors() -> String {
    let path = |name: &OsString| format!("/proc/self/fd/{}", name.display());
    let all: Vec<_> = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let open = all.iter().filter(|name| fs::symlink_metadata(path(name)).is_ok());
    open.map(|name| name.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// Asks for the stream again, by the same arguments and by the environment.
fn twice(args: Vec<OsString>) {
    let first = spawned::from_args(&mut args.clone()).unwrap().unwrap();
    let second = spawned::from_args(&mut args.clone()).unwrap_err();
    answer(&first, &format!("{second}"));
}

/// Spawns a child that stays, on a thread that ends; tells its process id once it is seen to live on.
fn parent(stream: &Stream, dies: &OsString) {
    let spawn = role("stay").fd_by(FdBy::Environment).die_with_parent(dies == "dies");
    let mut child = thread::spawn(|| spawn.spawn().unwrap()).join().unwrap();
    let to_child = child.take_stream().unwrap();
    to_child.send(b"?").unwrap();
    assert_eq!(to_child.recv(&mut [0; 8]).unwrap(), 1);
    answer(stream, &format!("{}\n", child.id()));
    // Until it is killed.
    loop {
        thread::park();
    }
}

/// Answers once, then stays whatever becomes of its parent.
fn stay(stream: &Stream) {
    assert_eq!(stream.recv(&mut [0; 8]).unwrap(), 1);
    stream.send(b"!").unwrap();
    loop {
        thread::park();
    }
}
