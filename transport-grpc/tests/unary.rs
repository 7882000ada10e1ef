//! What a client in another language meets that has no session.

mod support;

use std::{os::fd::OwnedFd, sync::Arc, time::Duration};

use ipc_core::{Connection, Options, Stream, Transport};
use prost_types::Any;
use support::{Client, Init, Root};
use tokio::net::UnixStream;
use tonic::Code;
use transport_grpc::Grpc;

fn served(root: &Arc<Root>, grpc: &Grpc, options: Options) -> (UnixStream, Connection) {
    let (ours, theirs) = Stream::pair().unwrap();
    let connection = grpc.accept::<dyn Init>(theirs, root.clone(), options).unwrap();
    let ours = std::os::unix::net::UnixStream::from(OwnedFd::from(ours));
    ours.set_nonblocking(true).unwrap();
    (UnixStream::from_std(ours).unwrap(), connection)
}

async fn client(root: &Arc<Root>) -> (Client, Connection) {
    let (io, connection) = served(root, &Grpc::new(), Options::default());
    (Client::new(io).await, connection)
}

#[tokio::test]
async fn methods_that_pass_values_are_called_without_a_session() {
    let root = Arc::new(Root::default());
    let (client, _connection) = client(&root).await;
    assert_eq!(client.call("/unary.support.Init/Greet", b"\x0a\x03Bob").await.unwrap(), "\x0a\x0eGood day, Bob.");
    // On the object that the root's method without parameters gives; once for the connection.
    for _ in 0..3 {
        assert_eq!(client.call("/unary.support.Math/Add", &[0x08, 40, 0x10, 2]).await.unwrap(), &[0x08, 42][..]);
    }
    assert_eq!(*root.made.lock().unwrap(), 1);
    assert_eq!(client.call("/unary.support.Math/Add", &[]).await.unwrap(), "");
}

#[tokio::test]
async fn what_needs_a_session_says_why() {
    let (client, _connection) = client(&Arc::default()).await;
    let expected = [
        ("/unary.support.Init/Lend", "its parameter `math` passes an object"),
        ("/unary.support.Init/MakeMath", "its result passes an object"),
        ("/unary.support.Hidden/Peek", "only a session reaches objects of unary.support.Hidden"),
    ];
    for (path, why) in expected {
        let (code, message) = client.code(path, &[]).await;
        assert_eq!(code, Code::FailedPrecondition);
        assert_eq!(message, format!("{path} needs a session: {why}"));
    }
}

#[tokio::test]
async fn failures_have_the_codes_of_the_guide() {
    let (client, _connection) = client(&Arc::default()).await;
    let codes = [
        ("/unary.support.Math/Nothing", &[][..], Code::Unimplemented),
        ("/unary.Nobody/Add", &[], Code::Unimplemented),
        ("/unary.support.Math/Add", &[0x0a, 5, 1], Code::Internal),
        ("/unary.support.Math/Add", &[0x10, 0xac, 0x02], Code::InvalidArgument),
        ("/unary.support.Math/Panics", &[], Code::Unknown),
    ];
    for (path, request, expected) in codes {
        let (code, message) = client.code(path, request).await;
        assert_eq!(code, expected, "{path}: {message}");
    }
    let (_, message) = client.code("/unary.support.Math/Panics", &[]).await;
    assert_eq!(message, "Remote: the handler panicked: on purpose");
}

#[tokio::test]
async fn an_error_of_the_method_is_a_detail_of_the_status() {
    let (client, _connection) = client(&Arc::default()).await;
    let status = client.call("/unary.support.Math/Divide", &[0x08, 7]).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unknown, "the method failed with unary.support.MathError"));
    let detail = detail(status.details());
    assert_eq!(detail.type_url, "type.googleapis.com/unary.support.MathError");
    assert_eq!(detail.value, [0x0a, 2, 0x08, 7]);
    // What is too long for a header is left out.
    let text = [&[0x0a, 0x88, 0x27][..], &[b'x'; 5000]].concat();
    let status = client.call("/unary.support.Math/Complain", &text).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    assert!(status.details().is_empty() && status.message().contains("more than a status may carry"));
}

/// The one detail of a `google.rpc.Status`.
fn detail(bytes: &[u8]) -> Any {
    #[derive(prost::Message)]
    struct RpcStatus {
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }
    let mut status: RpcStatus = prost::Message::decode(bytes).unwrap();
    assert_eq!(status.details.len(), 1);
    status.details.remove(0)
}

#[tokio::test]
async fn a_deadline_ends_a_call_whose_method_does_not() {
    let root = Arc::new(Root::default());
    let (client, connection) = client(&root).await;
    let status =
        client.call_within("/unary.support.Math/Wait", &[], Some(Duration::from_millis(20))).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    assert_eq!(client.call("/unary.support.Math/Add", &[0x08, 1]).await.unwrap(), &[0x08, 1][..]);
    // The method still runs, and is waited for at the end.
    assert_eq!(connection.usage().server_threads, 1);
    root.gate.open();
    tokio::task::spawn_blocking(move || connection.close(Duration::from_secs(60))).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_method_is_told_that_its_call_was_given_up() {
    let root = Arc::new(Root::default());
    let (client, connection) = client(&root).await;
    let given_up = client.call_within("/unary.support.Math/Outlast", &[], Some(Duration::from_millis(20))).await;
    let status = given_up.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    // It passes what the other one has opened then.
    client.call("/unary.support.Math/Wait", &[]).await.unwrap();
    tokio::task::spawn_blocking(move || connection.close(Duration::from_secs(60))).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_method_is_told_that_its_client_is_gone() {
    let root = Arc::new(Root::default());
    let (io, connection) = served(&root, &Grpc::new(), Options::default());
    let (other, _other) = client(&root).await;
    // A client with an event loop of its own, which ends in the middle of the call.
    let gone = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::new(io).await;
            let calling = tokio::spawn(async move { client.call("/unary.support.Math/Outlast", &[]).await });
            while connection.usage().server_threads == 0 {
                tokio::task::yield_now().await;
            }
            assert!(!calling.is_finished());
        });
    });
    tokio::task::spawn_blocking(|| gone.join().unwrap()).await.unwrap();
    other.call("/unary.support.Math/Wait", &[]).await.unwrap();
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let mut options = Options::default();
    options.limits.message_bytes = 1000;
    let (io, _connection) = served(&Arc::default(), &Grpc::new(), options);
    let client = Client::new(io).await;
    let (code, message) = client.code("/unary.support.Init/Greet", &[0x0a; 2000]).await;
    assert_eq!(
        (code, message.as_str()),
        (Code::ResourceExhausted, "expected a message of at most 1000 bytes, got 2000")
    );
}

/// More than HTTP/2's window for all of them together: none waits for what only another's end would let through.
#[tokio::test]
async fn large_requests_do_not_wait_for_each_other() {
    let mut options = Options::default();
    options.limits.message_bytes = 4 << 20;
    let (io, _connection) = served(&Arc::default(), &Grpc::new(), options);
    let client = Client::new(io).await;
    let request = [&[0x0a, 0x80, 0x80, 0xc0, 0x01][..], &vec![b'x'; 3 << 20]].concat();
    let call = || client.call("/unary.support.Init/Greet", &request);
    let answers = tokio::join!(call(), call(), call(), call(), call());
    for answer in [answers.0, answers.1, answers.2, answers.3, answers.4] {
        assert!(answer.unwrap().len() > 3 << 20);
    }
}

#[tokio::test]
async fn services_are_listed_and_serving() {
    let (client, _connection) = client(&Arc::default()).await;
    // ListServices; the answers stream ends after the one request.
    let listed = client.call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", b"\x3a\x01*").await.unwrap();
    let text = String::from_utf8_lossy(&listed);
    for service in
        ["unary.support.Init", "unary.support.Math", "unary.support.Hidden", "ipc.Session", "grpc.health.v1.Health"]
    {
        assert!(text.contains(service), "no {service} in {text:?}");
    }
    let health = client.call("/grpc.health.v1.Health/Check", b"\x0a\x12unary.support.Math").await.unwrap();
    assert_eq!(health, &[0x08, 1][..]);
}

#[tokio::test]
async fn a_connection_has_one_session() {
    let (client, _connection) = client(&Arc::default()).await;
    let first = client.call("/ipc.Session/Open", &[]);
    let (first, second) = tokio::join!(first, client.call("/ipc.Session/Open", &[]));
    let codes = [first, second].map(|answer| answer.unwrap_err().code());
    assert!(codes.contains(&Code::AlreadyExists), "{codes:?}");
}
