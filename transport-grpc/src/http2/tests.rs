//! Peers that flood and never read, where peers are asked whether they are still there: they are not kept.

use std::sync::Arc;

use ipc_core::{Options, Result};
use ipc_macros::interface;
use tokio::{
    io::{AsyncWriteExt, DuplexStream, duplex},
    time::timeout,
};

use super::*;
use crate::{
    codec::Protobuf,
    server,
    session::{End, Line, Wakeup, client},
    unary::Unary,
};

#[interface(bootstrap)]
trait Root: Send + Sync {
    fn nothing(&self) -> Result<()>;
}

struct Empty;

impl Root for Empty {
    fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_floods_and_never_reads_is_given_up() {
    let (line, root, options) = (Line::new(), Arc::new(Empty) as Arc<dyn Root>, Options::default());
    let unary = Unary::new(&root, "a peer".into(), options.limits.clone());
    let (end, _connection) = End::server(Protobuf, "a peer".into(), &root, options, |end| Wakeup::new(&line, end));
    let (peer, ours) = duplex(1 << 16);
    let served = server::run(end.clone(), line, unary, ours, Some(KEEP_ALIVE));
    until_it_ends(served, peer, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let why = end.lost().unwrap().to_string();
    assert!(why.contains("the peer takes nothing of what is sent to it"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_floods_and_never_reads_is_given_up() {
    let line = Line::new();
    let end = End::client(Protobuf, "a peer".into(), Options::default(), |end| Wakeup::new(&line, end));
    let (peer, ours) = duplex(1 << 16);
    let origin = http::Uri::from_static("http://localhost");
    let served = client::run(end.clone(), line, ours, origin, Some(KEEP_ALIVE));
    until_it_ends(served, peer, b"").await;
    assert!(end.lost().is_some());
}

/// Floods with pings. They are answered before anything else is sent, and no answer is taken.
async fn until_it_ends(served: impl Future<Output = ()> + Send + 'static, mut peer: DuplexStream, preface: &[u8]) {
    // The clock runs ahead as soon as nothing else does: the hour is against hanging.
    let served = tokio::spawn(timeout(Duration::from_secs(3600), served));
    peer.write_all(preface).await.unwrap();
    peer.write_all(b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
    while peer.write_all(b"\0\0\x08\x06\0\0\0\0\08 bytes.").await.is_ok() {}
    served.await.unwrap().expect("the connection ends");
}
