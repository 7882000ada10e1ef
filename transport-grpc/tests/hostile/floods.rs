//! More of everything than anybody needs.

use h2::Reason;
use ipc_core::Options;

use crate::stage::{Stage, framed, http2, request};

/// Requests that are taken back at once: many times more than may be open.
#[tokio::test]
async fn resets_leave_no_calls_behind() {
    let stage = Stage::new();
    let (io, connection) = stage.connection(Options::default());
    let mut client = http2(io).await;
    let mut sent = 0;
    while sent < 20_000 {
        // The server may end it all.
        let Ok(mut ready) = client.ready().await else { break };
        let Ok((_, mut send)) = ready.send_request(request("/hostile.support.Init/Greet"), false) else { break };
        let _ = send.send_data(framed(b"\x0a\x03Bob"), true);
        send.send_reset(Reason::CANCEL);
        (client, sent) = (ready, sent + 1);
        if sent % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    stage.still_serves().await;
    assert!(connection.usage().server_threads <= 256, "{:?}", connection.usage());
    tokio::task::spawn_blocking(move || connection.close(std::time::Duration::from_secs(60))).await.unwrap().unwrap();
}

/// Calls that run on though their streams are reset: they are bounded by the connection, and other connections have threads.
#[tokio::test]
async fn calls_that_nobody_waits_for_any_more_are_bounded() {
    let stage = Stage::new();
    let mut options = Options::default();
    options.limits.server_threads = 8;
    let (io, connection) = stage.connection(options);
    let mut client = http2(io).await;
    let mut refused = 0;
    for _ in 0..200 {
        let mut ready = client.ready().await.unwrap();
        let before = connection.usage().server_threads;
        let (mut response, mut send) = ready.send_request(request("/hostile.support.Math/Wait"), false).unwrap();
        send.send_data(framed(b""), true).unwrap();
        // It is taken back once it runs.
        while connection.usage().server_threads == before {
            tokio::select! {
                biased;
                head = &mut response => {
                    let head = head.unwrap();
                    assert!(before == 8 && head.headers()["grpc-status"] == "8", "{head:?}");
                    refused += 1;
                    break;
                }
                () = tokio::task::yield_now() => {}
            }
        }
        send.send_reset(Reason::CANCEL);
        client = ready;
    }
    assert_eq!(refused, 192);
    stage.still_serves().await;
    stage.root.gate.open();
    tokio::task::spawn_blocking(move || connection.close(std::time::Duration::from_secs(60))).await.unwrap().unwrap();
}
