//! A node that listens with TLS, and wallets that connect.

mod support;

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use support::{Node, run};

/// The files of an authority: `ca.pem`, and what it has signed for `localhost`, `cert.pem` with `key.pem`.
fn certify(dir: &Path, authority_name: &str) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.distinguished_name.push(DnType::CommonName, authority_name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(dir.join("ca.pem"), authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let signed = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(dir.join("cert.pem"), signed.pem()).unwrap();
    fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
}

/// Options with the paths of files in a directory.
fn files(dir: &Path, named: &[(&str, &str)]) -> Vec<String> {
    named.iter().flat_map(|(option, file)| [(*option).to_owned(), dir.join(file).display().to_string()]).collect()
}

/// A node that listens with TLS.
fn listening(dir: &Path, named: &[(&str, &str)]) -> Node {
    let files = files(dir, named);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    Node::start(&[&["--mine", "3", "--ipcbind", "grpc+tls:localhost:0"], &files[..]].concat())
}

/// What a wallet prints that asks for the tip, or says.
fn tip(address: &str, dir: &Path, named: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let files = files(dir, named);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let done = run(&[&["wallet", "tip", "--ipcconnect", address], &files[..]].concat());
    if done.status.success() { Ok(done.out) } else { Err(done.err.join("\n")) }
}

const CERT: (&str, &str) = ("--tls-cert", "cert.pem");
const KEY: (&str, &str) = ("--tls-key", "key.pem");
const CA: (&str, &str) = ("--tls-ca", "ca.pem");

#[test]
fn a_wallet_knows_its_node() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    certify(dir, "one");
    let node = listening(dir, &[CERT, KEY]);
    let port = node.address.strip_prefix("grpc+tls:localhost:").unwrap();
    assert!(tip(&node.address, dir, &[CA]).unwrap()[0].starts_with("3 "));

    let elsewhere = tip(&format!("grpc+tls:127.0.0.1:{port}"), dir, &[CA]).unwrap_err();
    assert!(elsewhere.contains("not valid for name \"127.0.0.1\""), "{elsewhere}");
    let other = tempfile::tempdir().unwrap();
    certify(other.path(), "another");
    let distrustful = tip(&node.address, other.path(), &[CA]).unwrap_err();
    assert!(distrustful.contains("UnknownIssuer"), "{distrustful}");
    tip(&format!("grpc+tcp:localhost:{port}"), dir, &[]).unwrap_err();
}

#[test]
fn a_node_knows_its_wallets() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    certify(dir, "one");
    let node = listening(dir, &[CERT, KEY, CA]);
    let unknown = tip(&node.address, dir, &[CA]).unwrap_err();
    assert!(unknown.contains("CertificateRequired"), "{unknown}");
    assert!(tip(&node.address, dir, &[CA, CERT, KEY]).unwrap()[0].starts_with("3 "));
}

#[test]
fn wrong_options_say_what_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    certify(dir, "one");
    let node = ["node", "--network", "regtest", "--datadir", dir.to_str().unwrap(), "--ipcbind"];
    let wallet = ["wallet", "tip", "--ipcconnect"];
    let address = "grpc+tls:localhost:1";
    for (program, address, named, expected) in [
        (&node[..], address, &[][..], "grpc+tls:localhost:1 needs a certificate: expected --tls-cert FILE and"),
        (&node, address, &[CERT], "--tls-cert FILE needs its key: expected --tls-key FILE"),
        (&node, address, &[KEY], "--tls-key FILE needs its certificate: expected --tls-cert FILE"),
        (&node, address, &[("--tls-cert", "none.pem"), KEY], "none.pem: No such file"),
        (&node, address, &[("--tls-cert", "key.pem"), KEY], "key.pem: expected a certificate in PEM"),
        (&node, address, &[CERT, ("--tls-key", "cert.pem")], "cert.pem: expected a private key in PEM"),
        (&node, "unix", &[CERT, KEY], "are for addresses with TLS: expected one, grpc+tls:HOST:PORT"),
        (&node, "tls:localhost:0", &[CERT, KEY], "it has no TLS"),
        (&wallet, address, &[], "needs to know whom to trust: expected --tls-ca FILE"),
        (&wallet, address, &[CA, CERT], "--tls-cert FILE needs its key: expected --tls-key FILE"),
        (&wallet, address, &[("--tls-ca", "key.pem")], "key.pem: expected a certificate in PEM"),
        (&wallet, "grpc+tcp:localhost:1", &[CA], "are for addresses with TLS"),
    ] {
        let files = files(dir, named);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let done = run(&[program, &[address], &files[..]].concat());
        assert_eq!(done.status.code(), Some(1), "{program:?} {files:?}");
        assert!(done.err.last().unwrap().contains(expected), "{:?} for {files:?}", done.err);
    }
}
