//! Requests and responses on the wire: a byte that says whether it is compressed, the length, and the message.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::{Status, body::Body};

/// What stands before a message.
const HEAD: usize = 5;

/// Reads the one message of a request. Memory for it is taken from `room`, once its length is known. It is not waited for:
/// requests that wait while half of them has come would fill the window that the others' rest has to come through.
pub(super) async fn message<'r>(
    mut body: Incoming,
    most: usize,
    room: &'r Semaphore,
) -> Result<(Bytes, SemaphorePermit<'r>), Status> {
    let mut read = BytesMut::new();
    while read.len() < HEAD {
        read.extend_from_slice(&data(&mut body).await?.ok_or_else(cut)?);
    }
    let (compressed, len) = (read.get_u8() != 0, read.get_u32() as usize);
    if compressed {
        return Err(Status::unimplemented("expected a message that is not compressed"));
    }
    if len > most {
        let message = format!("expected a message of at most {most} bytes, got {len}");
        return Err(Status::resource_exhausted(message));
    }
    let permit = room
        .try_acquire_many(len as u32)
        .map_err(|_| Status::resource_exhausted("the connection holds as many bytes of requests already as it may"))?;
    while read.len() < len {
        read.extend_from_slice(&data(&mut body).await?.ok_or_else(cut)?);
        if read.len() > len {
            return Err(twice());
        }
    }
    while let Some(more) = data(&mut body).await? {
        if !more.is_empty() {
            return Err(twice());
        }
    }
    if read.len() > len {
        return Err(twice());
    }
    Ok((read.freeze(), permit))
}

async fn data(body: &mut Incoming) -> Result<Option<Bytes>, Status> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(Status::cancelled(format!("the request broke off: {error}"))),
        }
    }
}

fn cut() -> Status {
    Status::internal("expected a whole message: the request ended within it")
}

fn twice() -> Status {
    Status::internal("expected one message: the method is unary")
}

/// A message as it is written, with what stands before it.
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(HEAD + message.len());
    data.put_u8(0);
    data.put_u32(message.len() as u32);
    data.put(message);
    data
}

/// A response that is all right.
pub(super) fn response(framed: Bytes) -> http::Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok::<_, Status>(Frame::data(framed)), Ok(Frame::trailers(trailers))];
    let mut response = http::Response::new(Body::new(StreamBody::new(tokio_stream::iter(frames))));
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
