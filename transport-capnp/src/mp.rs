//! libmultiprocess's own messages (`mp/proxy.capnp`): the hand-shake, threads, and the context of a call.

use capnp::{any_pointer, private::capability::ClientHook};
use ipc_core::{Exception, value::Prim};

use crate::{
    encoding::raw::{PointerIn, PointerOut, StructIn, StructOut},
    layout::Size,
};

/// Interface `ThreadMap`, by which a peer makes threads.
pub(crate) const THREAD_MAP: u64 = 0xee5e_3717_9ad9_dc9d;
/// `ThreadMap.makeThread @0 (name :Text) -> (result :Thread)`.
pub(crate) const MAKE_THREAD: u16 = 0;
/// `ThreadMap.makePool @1 (count :UInt32) -> ()`.
pub(crate) const MAKE_POOL: u16 = 1;
/// Interface `Thread`.
pub(crate) const THREAD: u64 = 0x81c1_e260_0d0b_56c5;
/// `Thread.getName @0 () -> (result :Text)`.
pub(crate) const GET_NAME: u16 = 0;
/// `construct @0 (threadMap :ThreadMap) -> (threadMap :ThreadMap)` of a bootstrap interface.
pub(crate) const CONSTRUCT: u16 = 0;

type Hook = Box<dyn ClientHook>;

/// A struct of pointers to be filled in.
pub(crate) struct Fill<'a>(StructOut<'a>);

/// Begins a struct with this many pointers at the root.
pub(crate) fn fill(root: any_pointer::Builder<'_>, pointers: u16) -> capnp::Result<Fill<'_>> {
    PointerOut::new(root).map(|root| Fill(root.record(Size { data: 0, pointers }))).map_err(unexpected)
}

impl Fill<'_> {
    /// Sets pointer 0.
    pub(crate) fn cap(&mut self, hook: Hook) -> capnp::Result<()> {
        self.0.reborrow().pointer(0).map_err(unexpected)?.object(hook);
        Ok(())
    }

    /// Sets pointer 0.
    pub(crate) fn text(&mut self, text: &str) -> capnp::Result<()> {
        self.0.reborrow().pointer(0).map_err(unexpected)?.text(text);
        Ok(())
    }
}

/// The capability at pointer 0 of the root struct, if it is not null.
pub(crate) fn cap(message: any_pointer::Reader<'_>) -> capnp::Result<Option<Hook>> {
    let pointer = root(message)?.pointer(0);
    if pointer.is_null() { Ok(None) } else { pointer.object().map(Some).map_err(unexpected) }
}

/// The text at pointer 0 of the root struct.
pub(crate) fn text(message: any_pointer::Reader<'_>) -> capnp::Result<String> {
    let text = root(message)?.pointer(0).text().map_err(unexpected)?;
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// The 32-bit number at the beginning of the root struct.
pub(crate) fn number(message: any_pointer::Reader<'_>) -> capnp::Result<u32> {
    // The upper bits are zero.
    Ok(root(message)?.get(Prim::B32, 0) as u32)
}

fn root(message: any_pointer::Reader<'_>) -> capnp::Result<StructIn<'_>> {
    PointerIn::new(message).and_then(PointerIn::record).map_err(unexpected)
}

/// What this layer has to say of a malformed message of the peer.
pub(crate) fn unexpected(exception: Exception) -> capnp::Error {
    crate::wire_error::from_layer(&exception)
}
