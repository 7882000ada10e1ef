//! The protocol of transports that have none of their own: a third party's is a codec and a way to move frames.
//!
//! The whole [contract](crate::transport) is kept here once: tables of objects with counts, pending calls, the threads that
//! stand for others, limits, deadlines, what each exception means. `transport-local` and `transport-grpc` are made of it.
//! (`transport-capnp` is not: its wire has tables of its own.)
//!
//! | part | what it is |
//! |---|---|
//! | [`Frame`] | what crosses: calls, answers, releases, cancellations; serde types |
//! | `State` | the state machine, without I/O, clock or threads: commands and frames in, frames and events out |
//! | [`End`] | one end of a connection: the machine behind its lock, proxies, handlers, workers, waiting, closing |
//! | [`Codec`] | yours: values to bytes and back |
//! | [`Mover`], [`Outbox`] | yours: takes frames out of the end's outbox, and gives it those of its peer |
//!
//! # For transport authors
//!
//! 1. Implement [`Codec`] with your encoding's `Writer` and `Reader`.
//! 2. Implement [`Mover`]. The end tells it that there are frames ([`Mover::wake`]); it takes them from [`End::outbox`], one
//!    writer at a time, writes them, and says so ([`Outbox::written`]), also if the write failed. With threads, `while let
//!    Some(frame) = end.outbox().next()` in a writer, and a `wake` that only looks whether to close the stream; with an event
//!    loop, a `wake` that notifies a task, which uses [`Outbox::take`].
//! 3. A reader, one for each end, gives each frame to [`End::receive`], and [runs](Inline::run) what comes back. At the end
//!    of the stream, or if what came is no frame, it calls [`End::lose`], and says what [`Peer::exit_note`](crate::Peer) knows.
//! 4. When [`Outbox::is_closed`] and nothing [waits](Outbox::waiting), close the stream: the last frame tells the peer why.
//!    That may come while a write is blocked, because the peer does not read and nobody waits for it any more. So have `wake`
//!    look too, and shut the stream down, so that reads and writes return; else threads and descriptors stay behind.
//! 5. [`Transport::connect`](crate::Transport::connect) makes an [`End::client`], starts the two, and returns
//!    [`End::connect`]; [`Transport::accept`](crate::Transport::accept) makes an [`End::server`] and returns its
//!    [`Connection`](crate::Connection).
//!
//! Keep the [`End`] weakly in the writer, or until the outbox is closed: proxies and `Connection`s keep a connection open,
//! movers don't. Neither a mover's reading nor its `wake` may wait for handlers, for writing, or for each other.
//!
//! **Left to the mover:** lengths, cutting large frames into chunks, credits of the wire, encryption, keep-alive (there is
//! [`End::ping`]), refusing a frame that is too large before memory is taken for it. **Not left to it:** back-pressure, which
//! is a bound on what the outbox holds ([`Limits::output_bytes`](crate::Limits::output_bytes)), applied before a call is
//! built and never to answers. A frame may be larger than [`Limits::message_bytes`](crate::Limits::message_bytes), which
//! bounds a payload's [weight](frame::Payload::weight), by [`frame::OVERHEAD_BYTES`], and by what the mover's own encoding
//! makes of that.
//!
//! `conformance-tests/example-transport` is a complete one, over TCP, in some hundred lines.
//!
//! # The protocol
//!
//! A client begins with [`Hello`](Frame::Hello), a server with [`Welcome`](Frame::Welcome), which gives the root object, or
//! with [`Refuse`](Frame::Refuse). Each tells how large a payload it reads, so that what is too large fails at its sender.
//!
//! **Objects.** The side that sends an object gives it an id, and counts how often it sent it. The other side gives all
//! counts of an id back in one [`Release`](Frame::Release) when it has no more use for it. An id is a place in a table and a
//! generation, so it is never used again; ids that the receiver never gave, or took back, are a breach of the protocol. An
//! object of the receiver's is sent under the receiver's id, and is the original there.
//!
//! **Calls.** A [`Call`](Frame::Call) is answered by one [`Return`](Frame::Return), also when it was given up
//! ([`Cancel`](Frame::Cancel)): until then its number is not used again. A cancelled call that did not begin does not.
//!
//! **Threads.** A call that a client's thread makes on its own account names that thread by a key, the first time with its
//! name: the receiver runs all calls of one key on one worker. A call that is made while a call of the receiver's is served
//! names that one: it runs on the thread that waits there; if none does any more, it is `Cancelled`. So a callback needs no
//! key, and what comes too late is known. [`End`](Frame::End) says that a thread has ended, or, after a deadline, that it has
//! given its worker up.
//!
//! **Destructors.** For an interface with `destroy`, the last reference goes back in a [`Destroy`](Frame::Destroy), which
//! runs on the thread's worker and is answered once the object is dropped. If the object was sent again meanwhile, it lives.

mod codec;
mod end;
pub mod frame;
mod outbox;
mod state;

pub use codec::{Codec, ObjectSink, ObjectSource};
pub use end::{Called, Direct, End, Inline, RemoteRef};
pub use frame::Frame;
pub use outbox::{Mover, Outbox};
