//! What is between two ends, in either form.

use std::sync::{Arc, Weak};

use ipc_core::{
    Connected, Connection, Exception, ExceptionKind, Interface, Options, Result,
    session::{Direct, End},
};

use crate::{
    PEER,
    encoding::Bincode,
    moved::{LocalEnd, Moved, Side, gone},
};

/// The connection between two ends, as something that can fail. Cheap to clone; a line has one client and one server.
#[derive(Clone, Debug)]
pub struct Line(Form);

#[derive(Clone, Debug)]
enum Form {
    Threaded(Moved),
    Direct(Direct<Bincode>),
}

impl Line {
    /// One between ends that have threads of their own: every clause of the contract holds.
    pub fn threaded() -> Self {
        Self(Form::Threaded(Moved::default()))
    }

    /// One on which calls run on the caller's own thread: the contract's
    /// [weaker clauses](ipc_core::transport#on-the-callers-own-thread) hold.
    pub fn direct() -> Self {
        Self(Form::Direct(Direct::default()))
    }

    /// The server's end. There is one on a line: a further one is lost from the beginning.
    pub fn accept<I: Interface + ?Sized>(&self, root: &Arc<I>, options: Options) -> Connection {
        match &self.0 {
            Form::Threaded(moved) => {
                let mover = |end: &Weak<LocalEnd>| moved.attach(Side::Server, end);
                let (end, connection) = End::server(Bincode, PEER.into(), root, options, mover);
                check_attached(moved, Side::Server, &end);
                connection
            }
            Form::Direct(direct) => End::direct_server(Bincode, PEER.into(), root, options, direct).1,
        }
    }

    /// The client's end, once there is the server's. While the line is frozen this waits, at most the ambient deadline.
    ///
    /// # Errors
    ///
    /// As for [`Transport::connect`](ipc_core::Transport::connect); `Disconnected` if the line has a client already.
    pub fn connect<I: Interface + ?Sized>(&self, options: Options) -> Result<Connected<I>> {
        match &self.0 {
            Form::Threaded(moved) => {
                let mover = |end: &Weak<LocalEnd>| moved.attach(Side::Client, end);
                let end = End::client(Bincode, PEER.into(), options, mover);
                check_attached(moved, Side::Client, &end);
                end.connect()
            }
            Form::Direct(direct) => End::direct_client(Bincode, PEER.into(), options, direct).connect(),
        }
    }

    /// Cuts it, as a peer does that vanishes without a goodbye: what is on the way is lost, and both ends notice at once.
    pub fn cut(&self) {
        match &self.0 {
            Form::Threaded(moved) => moved.cut(),
            Form::Direct(direct) => direct.cut(),
        }
    }

    /// Freezes it: nothing arrives any more, in either direction, until it [thaws](Self::thaw) or is cut. Returns once nothing
    /// is on the way.
    pub fn freeze(&self) {
        match &self.0 {
            Form::Threaded(moved) => moved.freeze(),
            Form::Direct(direct) => direct.freeze(),
        }
    }

    /// Has it go on, with what waited meanwhile.
    pub fn thaw(&self) {
        match &self.0 {
            Form::Threaded(moved) => moved.thaw(),
            Form::Direct(direct) => direct.thaw(),
        }
    }
}

/// Gives up an end on a line that has one of this side, or whose peer is gone before it came.
fn check_attached(moved: &Moved, side: Side, end: &Arc<LocalEnd>) {
    if !moved.has(side, end) {
        let side = if side == Side::Client { "client" } else { "server" };
        let message = format!("expected a line without a {side}: it has one for good");
        end.lose(Exception::new(ExceptionKind::Protocol, message));
    } else if moved.is_cut() {
        end.lose(gone());
    } else {
        moved.catch_up(side);
    }
}
