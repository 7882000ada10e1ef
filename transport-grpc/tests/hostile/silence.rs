//! Peers that begin something and say no more.

use std::{io::Read, os::fd::OwnedFd, sync::Arc};

use ipc_core::{Options, Stream, Transport};
use tokio::io::AsyncWriteExt;
use transport_grpc::{Grpc, ServerTls};

use crate::{
    stage::{Session, Stage, ended, framed, http2, request},
    support::{Init, Root},
};

/// They do not keep their place among the connections.
#[tokio::test]
async fn who_connects_and_says_nothing_is_sent_away() {
    let stage = Stage::new();
    let (silent, one) = stage.connection(Options::default());
    let (mut half, other) = stage.connection(Options::default());
    half.write_all(b"PRI * HTTP/2").await.unwrap();
    // With TLS, the hand-shake does not even begin.
    let key = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let tls = ServerTls::new(key.cert.pem().as_bytes(), key.signing_key.serialize_pem().as_bytes(), None).unwrap();
    let (ours, theirs) = Stream::pair().unwrap();
    let root: Arc<dyn Init> = Arc::new(Root::default());
    let secured = Grpc::new().with_server_tls(tls).accept(theirs, root, Options::default()).unwrap();
    stage.still_serves().await;
    let (one, other, secured) = tokio::join!(ended(&one), ended(&other), ended(&secured));
    assert!(one.contains("connected, and said nothing"), "{one}");
    assert!(other.contains("connected, and said nothing"), "{other}");
    assert!(secured.contains("hand-shake took too long"), "{secured}");
    // The streams are closed, not just forgotten.
    let mut ours = std::os::unix::net::UnixStream::from(OwnedFd::from(ours));
    assert_eq!(ours.read(&mut [0; 8]).unwrap(), 0);
    drop(silent);
    stage.still_serves().await;
}

/// A connection without calls is a quiet client's. A session without its first word, and requests without their message, hold
/// nothing of others, and nothing up.
#[tokio::test]
async fn what_is_half_begun_holds_nothing_up() {
    let stage = Stage::new();
    let (io, quiet) = stage.connection(Options::default());
    let bare = Session::bare(io).await;
    let (io, connection) = stage.connection(Options::default());
    let mut client = http2(io).await;
    let mut streams = Vec::new();
    for part in [&b""[..], b"\0\0", &framed(&[0; 1000])[..5], &framed(&[0; 1000])[..500]] {
        let (response, mut send) = client.send_request(request("/hostile.support.Init/Greet"), false).unwrap();
        send.send_data(part.to_vec().into(), false).unwrap();
        streams.push((response, send));
        client = client.ready().await.unwrap();
    }
    // All of the memory for requests, by words alone.
    let (response, mut send) = client.send_request(request("/hostile.support.Init/Greet"), false).unwrap();
    send.send_data(b"\0\x03\xff\xff\xff".to_vec().into(), false).unwrap();
    stage.still_serves().await;
    assert_eq!(connection.usage().server_threads, 0);
    for connection in [quiet, connection] {
        assert!(connection.is_connected());
        tokio::task::spawn_blocking(move || connection.close(std::time::Duration::ZERO)).await.unwrap().unwrap();
    }
    drop((bare, streams, response, send));
}
