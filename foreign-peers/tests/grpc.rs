//! Clients in Python, on grpcio and code that its tools generate from the `.proto` files that are derived from our traits.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use foreign_peers::{node::Node, python};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The generated code: made anew for each run.
static GENERATED: LazyLock<PathBuf> = LazyLock::new(generate);

fn generate() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [here.join("../interfaces/proto"), here.join("../transport-grpc/proto")];
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grpc");
    // What an earlier run left of files that are there no more would hide that they are missing.
    let _ = fs::remove_dir_all(&into);
    fs::create_dir_all(&into).unwrap();
    let options = ["python", "grpc_python"].map(|kind| format!("--{kind}_out={}", into.display()));
    let files: Vec<String> = folders.iter().flat_map(|folder| python::protos_below(folder)).collect();
    python::protoc(&folders.each_ref().map(PathBuf::as_path), &options, &files);
    into
}

/// Calls every method of a node that passes values only; the last one ends the node. Files are for TLS.
fn calls_every_method(node: Node, target: &str, files: &[PathBuf]) {
    let files = files.iter().map(|file| file.as_os_str());
    let args: Vec<&OsStr> = [GENERATED.as_os_str(), target.as_ref()].into_iter().chain(files).collect();
    let out = python::run("grpc", "grpc_unary.py", &args);
    assert_eq!(out, "called 22 methods\n");
    assert!(node.end().success());
}

#[test]
fn every_method_that_passes_values_is_called_over_a_unix_socket() {
    let node = Node::listening(5, &["--ipcbind", "grpc+unix:node.sock"]);
    let target = format!("unix:{}", node.socket().display());
    calls_every_method(node, &target, &[]);
}

#[test]
fn every_method_that_passes_values_is_called_over_tcp() {
    let node = Node::listening(5, &["--ipcbind", "grpc+tcp:127.0.0.1:0"]);
    let target = node.address().strip_prefix("grpc+tcp:").unwrap().to_owned();
    calls_every_method(node, &target, &[]);
}

#[test]
fn every_method_that_passes_values_is_called_over_tls() {
    let dir = tempfile::tempdir().unwrap();
    let files @ [authority, chain, key] = &["ca.pem", "cert.pem", "key.pem"].map(|name| dir.path().join(name));
    certify(files);
    let [authority, chain, key] = [authority, chain, key].map(|path| path.to_str().unwrap());
    let options = ["--tls-ca", authority, "--tls-cert", chain, "--tls-key", key];
    let node = Node::listening(5, &[&["--ipcbind", "grpc+tls:localhost:0"], &options[..]].concat());
    let target = node.address().strip_prefix("grpc+tls:").unwrap().to_owned();
    calls_every_method(node, &target, files);
}

/// Writes the certificate of an authority, and one that it has signed for both sides, with its key.
fn certify([authority_file, chain_file, key_file]: &[PathBuf; 3]) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    // One that has the name of what it signs would have signed itself, for OpenSSL.
    authority.distinguished_name.push(DnType::CommonName, "an authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(authority_file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let signed = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(chain_file, signed.pem()).unwrap();
    fs::write(key_file, key.serialize_pem()).unwrap();
}

#[test]
fn a_session_is_had_by_its_description() {
    let node = Node::listening(5, &["--ipcbind", "grpc+unix:node.sock"]);
    let socket = node.socket();
    let out = python::run("grpc", "grpc_session.py", &[GENERATED.as_os_str(), socket.as_os_str()]);
    assert_eq!(out, "called back\n");
}
