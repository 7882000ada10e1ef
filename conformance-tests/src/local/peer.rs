//! What stands for a process: a server of its own, that can vanish and freeze.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ipc_core::{Exception, ExceptionKind, Interface, Limits, Options, Result};
use transport_local::{Line, raw};

use crate::{
    harness::{Accepted, Link, RawEnd},
    server::Server,
};

/// A peer in this process.
#[derive(Debug)]
pub struct LocalPeer(Arc<Inner>);

struct Inner {
    server: Arc<Server>,
    limits: Limits,
    line: fn() -> Line,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<Line>,
    frozen: bool,
    /// The peer is gone.
    ended: bool,
    /// The status that it exited with.
    status: Option<i32>,
}

impl LocalPeer {
    pub(super) fn new(limits: &Limits, line: fn() -> Line, direct: bool) -> Self {
        Self(Arc::new_cyclic(|itself: &Weak<Inner>| {
            let itself = itself.clone();
            let exit = move |status| {
                if let Some(peer) = itself.upgrade() {
                    peer.end(Some(status));
                }
            };
            let server = Arc::new(Server::that_exits(exit));
            if direct {
                server.end_with_the_calls();
            }
            Inner { server, limits: limits.clone(), line, state: Mutex::default() }
        }))
    }

    pub(super) fn connect<I: Interface + ?Sized>(&self, mut options: Options) -> Result<Link<I>> {
        let peer = &self.0;
        let line = peer.new_line()?;
        let (number, root) = peer.server.root();
        let server = line.accept(&root, peer.options());
        peer.server.add(number, server);
        options.peer_exit = Some(peer.exit());
        let client = line.connect(options)?;
        let cut = Arc::new(move || line.cut());
        Ok(Link { root: client.root, connection: client.connection, server: None, cut })
    }

    pub(super) fn accepted<J: Interface + ?Sized>(&self, root: &Arc<J>, mut options: Options) -> Result<Accepted> {
        let peer = &self.0;
        let line = peer.new_line()?;
        options.peer_exit = Some(peer.exit());
        let connection = line.accept(root, options);
        peer.server.hand_over(line.connect(peer.options())?)?;
        Ok(Accepted { connection, cut: Arc::new(move || line.cut()) })
    }

    pub(super) fn raw_client(&self) -> Result<Box<dyn RawEnd>> {
        let (number, root) = self.0.server.root();
        let (end, server) = raw::client_of(&root, self.0.options());
        self.0.server.add(number, server);
        Ok(Box::new(end))
    }

    pub(super) fn end(&self, status: Option<i32>) {
        self.0.end(status);
    }

    pub(super) fn freeze(&self, frozen: bool) {
        let lines = {
            let mut state = self.0.state();
            state.frozen = frozen;
            state.lines.clone()
        };
        lines.iter().for_each(|line| if frozen { line.freeze() } else { line.thaw() });
    }
}

impl Inner {
    fn end(&self, status: Option<i32>) {
        let lines = {
            let mut state = self.state();
            state.ended = true;
            state.status = status;
            std::mem::take(&mut state.lines)
        };
        lines.iter().for_each(Line::cut);
    }

    fn new_line(&self) -> Result<Line> {
        let line = (self.line)();
        let mut state = self.state();
        if state.ended {
            return Err(gone());
        }
        if state.frozen {
            line.freeze();
        }
        state.lines.push(line.clone());
        Ok(line)
    }

    /// What tells how it ended.
    fn exit(self: &Arc<Self>) -> Arc<dyn Fn() -> Option<String> + Send + Sync> {
        let weak = Arc::downgrade(self);
        Arc::new(move || {
            let status = weak.upgrade()?.state().status?;
            Some(format!("the peer exited with status {status}"))
        })
    }

    fn options(&self) -> Options {
        let mut options = Options::default();
        options.limits = self.limits.clone();
        options
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Drop for LocalPeer {
    fn drop(&mut self) {
        self.end(None);
    }
}

fn gone() -> Exception {
    Exception::new(ExceptionKind::Disconnected, "the peer is gone")
}
