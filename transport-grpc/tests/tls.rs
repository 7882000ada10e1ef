//! TLS, over a stream and at addresses.

mod support;

use std::{fs, num::NonZeroUsize, path::PathBuf, sync::Arc};

use ipc_core::{
    Address, BindOptions, Connected, Exception, ExceptionKind, Listening, Options, Serving, Stream, Transport,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use support::{Init, Root};
use transport_grpc::{ClientTls, Grpc, ServerTls};

/// An authority, and what it has signed: a certificate for `localhost` with its key, in PEM.
struct Certificates {
    authority: String,
    chain: String,
    key: String,
}

impl Certificates {
    fn of(authority_name: &str) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(vec![]).unwrap();
        authority.distinguished_name.push(DnType::CommonName, authority_name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let signed = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
        Self { authority: authority_pem, chain: signed.pem(), key: key.serialize_pem() }
    }

    /// One that knows its clients by their certificates.
    fn server(&self) -> ServerTls {
        ServerTls::new(self.chain.as_bytes(), self.key.as_bytes(), Some(self.authority.as_bytes())).unwrap()
    }

    fn client(&self) -> ClientTls {
        let identity = Some((self.chain.as_bytes(), self.key.as_bytes()));
        ClientTls::new(self.authority.as_bytes(), identity).unwrap()
    }

    fn unknown_client(&self) -> ClientTls {
        ClientTls::new(self.authority.as_bytes(), None).unwrap()
    }
}

fn connect(client: ClientTls, server: &ServerTls) -> ipc_core::Result<Connected<dyn Init>> {
    let (ours, theirs) = Stream::pair().unwrap();
    let root: Arc<dyn Init> = Arc::new(Root::default());
    let server = Grpc::new().with_server_tls(server.clone()).accept(theirs, root, Options::default()).unwrap();
    let connected = Grpc::new().with_client_tls(client).connect::<dyn Init>(ours, Options::default());
    if connected.is_ok() {
        // It lives until the client lets go.
        std::thread::spawn(move || server.wait());
    }
    connected
}

#[test]
fn both_sides_know_each_other_by_certificates() {
    let certificates = Certificates::of("one");
    let client = certificates.client().for_host("localhost").unwrap();
    let connected = connect(client, &certificates.server()).unwrap();
    assert_eq!(connected.root.greet("Eve".into()).unwrap(), "Good day, Eve.");
}

#[test]
fn over_a_stream_the_name_of_the_host_has_to_be_given() {
    let certificates = Certificates::of("one");
    let error = connect(certificates.client(), &certificates.server()).unwrap_err();
    assert!(error.message().contains("expected ClientTls::for_host"), "{error}");
}

/// Serves at `localhost`, on any port.
fn listening(tls: ServerTls, address: &str) -> ipc_core::Result<Box<dyn Listening>> {
    let serving = Serving {
        options: Options::default(),
        bind: BindOptions::new(),
        connections: NonZeroUsize::MIN.saturating_add(7),
        accepted: Arc::new(|connection, slot| {
            connection.clone().on_disconnect(move |_| drop((connection, slot)));
        }),
    };
    let root: Arc<dyn Init> = Arc::new(Root::default());
    Grpc::new().with_server_tls(tls).listen(&address.parse().unwrap(), root, serving)
}

fn dial(client: ClientTls, address: &Address) -> ipc_core::Result<Connected<dyn Init>> {
    Grpc::new().with_client_tls(client).dial(address, Options::default())
}

#[test]
fn an_address_names_the_host_that_the_certificate_must_have() {
    let certificates = Certificates::of("one");
    let listening = listening(certificates.server(), "grpc+tls:localhost:0").unwrap();
    let text = listening.address().to_string();
    let port = text.strip_prefix("tls:localhost:").unwrap();
    let connected = dial(certificates.client(), listening.address()).unwrap();
    assert_eq!(connected.root.greet("Eve".into()).unwrap(), "Good day, Eve.");

    let by_number: Address = format!("tls:127.0.0.1:{port}").parse().unwrap();
    let error = dial(certificates.client(), &by_number).unwrap_err();
    says(&error, ExceptionKind::Disconnected, &["hand-shake failed", "not valid for name \"127.0.0.1\""]);
    // Unless it is said whom to expect there.
    let client = certificates.client().for_host("localhost").unwrap();
    dial(client, &by_number).unwrap().root.greet("Eve".into()).unwrap();
    listening.stop().unwrap();
}

#[test]
fn whoever_is_not_known_is_told_why() {
    let certificates = Certificates::of("one");
    let listening = listening(certificates.server(), "tls:localhost:0").unwrap();
    let error = dial(certificates.unknown_client(), listening.address()).unwrap_err();
    says(&error, ExceptionKind::Disconnected, &["CertificateRequired"]);
    let error = dial(Certificates::of("another").client(), listening.address()).unwrap_err();
    says(&error, ExceptionKind::Disconnected, &["hand-shake failed", "UnknownIssuer"]);
    // One that does not speak TLS, and one that does where nobody else does.
    let plain: Address = listening.address().to_string().replace("tls:", "tcp:").parse().unwrap();
    let error = Grpc::new().dial::<dyn Init>(&plain, Options::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Disconnected, "{error}");
    dial(certificates.client(), listening.address()).unwrap().root.greet("Eve".into()).unwrap();
}

#[test]
fn without_certificates_the_address_is_refused() {
    let address: Address = "grpc+tls:localhost:1".parse().unwrap();
    let error = Grpc::new().dial::<dyn Init>(&address, Options::default()).unwrap_err();
    says(&error, ExceptionKind::Protocol, &["grpc+tls:localhost:1 needs whom to trust: expected ClientTls"]);
}

#[test]
fn other_hosts_may_connect_if_their_users_prove_who_they_are() {
    let certificates = Certificates::of("one");
    listening(certificates.server(), "tls:0.0.0.0:0").unwrap();
    let anybody = ServerTls::new(certificates.chain.as_bytes(), certificates.key.as_bytes(), None).unwrap();
    let error = listening(anybody, "tls:0.0.0.0:0").map(|_| ()).unwrap_err();
    says(&error, ExceptionKind::Disconnected, &["nothing would authenticate them"]);
}

#[test]
fn what_is_no_certificate_is_refused_with_words_that_name_it() {
    let error = ServerTls::new(b"nothing", b"nothing", None).unwrap_err();
    assert_eq!(error.to_string(), "Protocol: the certificate chain: expected a certificate in PEM");
    let certificates = Certificates::of("one");
    let chain = certificates.chain.as_bytes();
    let error = ServerTls::new(chain, chain, None).unwrap_err();
    says(&error, ExceptionKind::Protocol, &["the private key: expected a private key in PEM"]);
    let error = ServerTls::new(chain, Certificates::of("another").key.as_bytes(), None).unwrap_err();
    says(&error, ExceptionKind::Protocol, &["the certificate and its key do not go together"]);
    let error = certificates.client().for_host("no host name").unwrap_err();
    says(&error, ExceptionKind::Protocol, &["\"no host name\" is no name of a host"]);

    let dir = tempfile::tempdir().unwrap();
    let [chain, key, missing]: [PathBuf; 3] = ["chain.pem", "key.pem", "missing.pem"].map(|name| dir.path().join(name));
    fs::write(&chain, &certificates.chain).unwrap();
    fs::write(&key, &certificates.key).unwrap();
    ServerTls::from_files(&chain, &key, Some(&chain)).unwrap();
    let error = ServerTls::from_files(&chain, &missing, None).unwrap_err();
    says(&error, ExceptionKind::Protocol, &["cannot read", "missing.pem"]);
    let error = ClientTls::from_files(&key, None).unwrap_err();
    says(&error, ExceptionKind::Protocol, &["key.pem: expected a certificate in PEM"]);
}

fn says(error: &Exception, kind: ExceptionKind, texts: &[&str]) {
    assert_eq!(error.kind(), kind, "{error}");
    for text in texts {
        assert!(error.message().contains(text), "{text:?} in {error}");
    }
}
