//! The transport of named connections.

use std::sync::Arc;

use ipc_core::{
    Address, Connected, Connection, Exception, ExceptionKind, Interface, Listening, Options, Result, Serving, Stream,
    Transport,
};

use crate::{Line, names};

/// The transport within one process; its scheme is `local`. Addresses are `local:NAME`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local {
    direct: bool,
}

impl Local {
    /// Each client thread gets a server thread. The default.
    pub const fn threaded() -> Self {
        Self { direct: false }
    }

    /// Who serves with this has its handlers run on the callers' own threads; who connects need not know. See the
    /// [weaker clauses](ipc_core::transport#on-the-callers-own-thread) of the contract.
    pub const fn direct() -> Self {
        Self { direct: true }
    }
}

impl Transport for Local {
    fn scheme(&self) -> &'static str {
        "local"
    }

    fn connect<I: Interface + ?Sized>(&self, _: Stream, _: Options) -> Result<Connected<I>> {
        Err(no_stream())
    }

    fn accept<I: Interface + ?Sized>(&self, _: Stream, _: Arc<I>, _: Options) -> Result<Connection> {
        Err(no_stream())
    }

    fn dial<I: Interface + ?Sized>(&self, address: &Address, options: Options) -> Result<Connected<I>> {
        names::dial(address, options)
    }

    fn listen<I: Interface + ?Sized>(
        &self,
        address: &Address,
        root: Arc<I>,
        serving: Serving,
    ) -> Result<Box<dyn Listening>> {
        names::listen(address, if self.direct { Line::direct } else { Line::threaded }, root, serving)
    }
}

fn no_stream() -> Exception {
    let message = "the transport local has no streams: expected an address local:NAME, to which both sides go";
    Exception::new(ExceptionKind::Unimplemented, message)
}
