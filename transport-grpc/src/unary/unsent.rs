//! Responses that the client has not taken yet.

use std::sync::Arc;

use bytes::Bytes;
use ipc_core::{Exception, ExceptionKind, Limits, Result};
use tokio::sync::watch;

/// How many bytes of responses wait for the client of a connection.
#[derive(Clone)]
pub(super) struct Unsent(Arc<watch::Sender<usize>>);

impl Unsent {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// How many.
    pub(super) fn bytes(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until the client has taken enough for a further call to begin.
    pub(super) async fn room(&self, limits: &Limits) {
        // It cannot be closed: this is its sender.
        let _ = self.0.subscribe().wait_for(|bytes| *bytes <= limits.output_bytes).await;
    }

    /// Counts a response until it is written, or given up.
    ///
    /// # Errors
    ///
    /// `Overloaded` if the calls that ran at the same time gave too much for a client that takes nothing.
    pub(super) fn hold(&self, response: Vec<u8>, limits: &Limits) -> Result<Bytes> {
        let (len, most) = (response.len(), limits.message_bytes.saturating_mul(4).saturating_add(limits.output_bytes));
        let fits = self.0.send_if_modified(|bytes| {
            let fits = *bytes == 0 || bytes.saturating_add(len) <= most;
            *bytes += if fits { len } else { 0 };
            fits
        });
        if !fits {
            let message = "the client does not read the responses that it has";
            return Err(Exception::new(ExceptionKind::Overloaded, message));
        }
        Ok(Bytes::from_owner(Held { response, unsent: self.clone() }))
    }
}

struct Held {
    response: Vec<u8>,
    unsent: Unsent,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.response
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let len = self.response.len();
        self.unsent.0.send_modify(|bytes| *bytes -= len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_bounded() {
        let mut limits = Limits::default();
        (limits.message_bytes, limits.output_bytes) = (10, 5);
        let unsent = Unsent::new();
        let held: Vec<Bytes> = (0..4).map(|_| unsent.hold(vec![7; 10], &limits).unwrap()).collect();
        let part = held[0].slice(3..5);
        assert_eq!(unsent.hold(vec![7; 10], &limits).unwrap_err().kind(), ExceptionKind::Overloaded);
        drop(held);
        // It counts as long as a part of it is there.
        assert_eq!((unsent.bytes(), &part[..]), (10, &[7, 7][..]));
        drop(part);
        assert_eq!(unsent.bytes(), 0);
        // One message always fits.
        unsent.hold(vec![7; 1000], &limits).unwrap();
    }
}
