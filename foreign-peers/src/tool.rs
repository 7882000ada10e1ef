//! The `capnp` tool of the C++ implementation.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A directory of schemas.
pub struct Schemas(TempDir);

impl Schemas {
    /// Writes the files.
    ///
    /// # Panics
    ///
    /// If the disk does not take them.
    pub fn new(texts: &BTreeMap<String, String>) -> Self {
        let dir = tempfile::tempdir().expect("cannot make a directory for schemas");
        for (name, text) in texts {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("it is below the directory")).expect("cannot make a directory");
            fs::write(path, text).expect("cannot write a schema");
        }
        Self(dir)
    }

    /// Compiles a file, and gives the request that a code generator would get.
    ///
    /// # Panics
    ///
    /// If the file does not compile, or the tool is missing.
    pub fn compile(&self, file: &str) -> Vec<u8> {
        self.run(&["compile", "-I.", "-o-", file], &[])
    }

    /// Decodes a message that has a struct of this type as its root.
    ///
    /// # Panics
    ///
    /// If the tool refuses, or is missing.
    pub fn decode(&self, file: &str, ty: &str, message: &[u8]) -> String {
        String::from_utf8(self.run(&["decode", "-I.", "--short", file, ty], message)).expect("the tool prints UTF-8")
    }

    /// Encodes what [`decode`](Self::decode) gave. Parentheses inside of strings confuse the tool; JSON does not.
    ///
    /// # Panics
    ///
    /// If the tool refuses, or is missing.
    pub fn encode(&self, file: &str, ty: &str, text: &str) -> Vec<u8> {
        self.run(&["encode", "-I.", file, ty], text.as_bytes())
    }

    /// Decodes a message to JSON.
    ///
    /// # Panics
    ///
    /// If the tool refuses, or is missing.
    pub fn to_json(&self, file: &str, ty: &str, message: &[u8]) -> String {
        let json = self.run(&["convert", "-I.", "binary:json", file, ty], message);
        String::from_utf8(json).expect("the tool prints UTF-8")
    }

    /// Encodes what [`to_json`](Self::to_json) gave.
    ///
    /// # Panics
    ///
    /// If the tool refuses, or is missing.
    pub fn from_json(&self, file: &str, ty: &str, json: &str) -> Vec<u8> {
        self.run(&["convert", "-I.", "json:binary", file, ty], json.as_bytes())
    }

    fn run(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let Output { status, stdout, stderr } = self.output(args, input).unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                panic!("this test needs the `capnp` tool; on Debian and Ubuntu: apt-get install capnproto")
            }
            _ => panic!("cannot run capnp: {error}"),
        });
        assert!(status.success(), "capnp {}: {}", args.join(" "), String::from_utf8_lossy(&stderr));
        stdout
    }

    fn output(&self, args: &[&str], input: &[u8]) -> io::Result<Output> {
        let mut child = Command::new("capnp")
            .args(args)
            .current_dir(self.0.path())
            // The tool believes this variable rather than the system.
            .env("PWD", self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = input.to_vec();
        // From another thread, or two full pipes would wait for each other. The tool may end before it has read all.
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output();
        let _ = writer.join();
        output
    }
}
