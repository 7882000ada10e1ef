//! Peers that ask and never read what they are told.

use h2::client::ResponseFuture;
use ipc_core::Options;
use prost::Message;

use crate::{
    messages::{Envelope, Ping},
    stage::{Session, Stage, ended, framed, greet, http2, request, resident},
};

/// Has a session flooded until its server ends it. The server's answers are not read.
async fn flood(stage: &Stage, options: Options, envelope: impl Fn(u64, u64) -> Envelope) {
    let (io, connection) = stage.connection(options);
    let mut session = Session::open(io).await;
    let (root, before) = (session.root, resident());
    let (mut sent, mut most) = (0, 0);
    loop {
        // Gathered: of ever so many small pieces HTTP/2 itself makes an end.
        let gathered: Vec<u8> = (sent..sent + 100).flat_map(|id| framed(&envelope(id, root).encode_to_vec())).collect();
        if sent >= 1_000_000 || session.send_bytes(gathered.into()).await.is_err() {
            break;
        }
        sent += 100;
        most = most.max(resident().saturating_sub(before));
    }
    assert!(sent < 1_000_000, "the server takes whatever comes");
    let why = ended(&connection).await;
    assert!(why.contains("the peer does not read"), "{why}");
    assert!(most < 512 << 20, "{most} bytes for a peer that does not read");
    assert_eq!(connection.usage(), Default::default());
    stage.still_serves().await;
}

#[tokio::test]
async fn pings_without_end() {
    let stage = Stage::new();
    flood(&stage, Options::default(), |token, _| Envelope { ping: Some(Ping { token }), ..Envelope::default() }).await;
}

#[tokio::test]
async fn calls_without_end() {
    let stage = Stage::new();
    let name = "x".repeat(1000);
    flood(&stage, Options::default(), |id, root| greet(id, root, 1, &name)).await;
}

/// Responses of unary calls that are not taken: those that do not fit are refused, and nothing is lost but them.
#[tokio::test]
async fn responses_that_are_not_taken_are_bounded() {
    let stage = Stage::new();
    let mut options = Options::default();
    (options.limits.message_bytes, options.limits.output_bytes) = (1 << 20, 64 << 10);
    let (io, connection) = stage.connection(options);
    let mut client = http2(io).await;
    let name = [&[0x0a, 0xe0, 0xd4, 0x03][..], &[b'x'; 60_000]].concat();
    let mut responses = Vec::new();
    let most = (4 << 20) + (64 << 10);
    for _ in 0..200 {
        let mut ready = client.ready().await.unwrap();
        let (response, mut send) = ready.send_request(request("/hostile.support.Init/Greet"), false).unwrap();
        send.send_data(framed(&name), true).unwrap();
        responses.push(response);
        client = ready;
        assert!(connection.usage().output_bytes <= most, "{:?}", connection.usage());
    }
    // Those that ran at the same time are done.
    while connection.usage().output_bytes == 0 || connection.usage().server_threads > 0 {
        tokio::task::yield_now().await;
    }
    assert!(connection.usage().output_bytes <= most, "{:?}", connection.usage());
    stage.still_serves().await;
    // Now they are read: each call is answered, if only by being refused.
    let reads: Vec<_> = responses.into_iter().map(|response| tokio::spawn(read(response))).collect();
    let mut served = 0;
    for read in reads {
        served += u32::from(read.await.unwrap());
        assert!(connection.usage().output_bytes <= most, "{:?}", connection.usage());
    }
    assert!(served > 0);
    assert_eq!(connection.usage().output_bytes, 0);
}

/// Reads a response to its end; tells whether it is one, or says that there were too many.
async fn read(response: ResponseFuture) -> bool {
    let response = response.await.unwrap();
    if let Some(status) = response.headers().get("grpc-status") {
        assert_eq!(status, "8", "{response:?}");
        return false;
    }
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(body.trailers().await.unwrap().unwrap()["grpc-status"], "0");
    true
}
