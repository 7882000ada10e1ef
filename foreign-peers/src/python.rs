//! Python, with what the tests need of it, and programs that run in it.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The interpreter: the variable `PYTHON`, or that of the environment beside this crate.
///
/// # Panics
///
/// If it does not have this module.
pub fn interpreter(module: &str) -> PathBuf {
    let python = env::var_os("PYTHON").map_or_else(|| Path::new(HERE).join("target/python/bin/python"), PathBuf::from);
    let found = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "this test needs Python with the module {module}: in foreign-peers/, run python3 -m venv target/python && \
         target/python/bin/pip install -r python/requirements.txt; or set PYTHON"
    );
    python
}

/// Runs a program of the folder `python` to its end. Gives what it printed.
///
/// # Panics
///
/// If it fails; the message has what it says.
pub fn run(module: &str, program: &str, args: &[&OsStr]) -> String {
    let mut command = Command::new(interpreter(module));
    output(command.arg(Path::new(HERE).join("python").join(program)).args(args))
}

/// Has `protoc`, as the package grpcio-tools brings it, compile files below these folders.
///
/// # Panics
///
/// If it refuses them; the message has what it says.
pub fn protoc(folders: &[&Path], options: &[String], files: &[String]) {
    let mut command = Command::new(interpreter("grpc_tools"));
    command.args(["-m", "grpc_tools.protoc"]);
    command.args(folders.iter().map(|folder| format!("-I{}", folder.display())));
    output(command.args(options).args(files));
}

/// The paths of all `.proto` files below a folder, as imports name them.
///
/// # Panics
///
/// If it cannot be read.
pub fn protos_below(folder: &Path) -> Vec<String> {
    let mut left = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder can be read");
            left.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            let name = path.strip_prefix(folder).expect("it is below").to_str().expect("names are UTF-8");
            found.push(name.to_owned());
        }
    }
    found.sort();
    found
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("Python runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
    out.into_owned()
}
