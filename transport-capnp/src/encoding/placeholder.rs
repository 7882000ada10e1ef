//! What stands for a capability in a message that is written or read outside of the RPC system's state.

use capnp::{
    Error, MessageSize, any_pointer,
    capability::{Client, Promise, Request},
    private::{
        capability::{ClientHook, ParamsHook, ResultsHook},
        layout::CapTable,
    },
};

/// The index of a capability in its message's table, and nothing to call.
struct Placeholder(u32);

/// A placeholder for capability number `index`.
pub(crate) fn placeholder(index: u32) -> Box<dyn ClientHook> {
    Box::new(Placeholder(index))
}

/// The table of a message that carries `len` capabilities.
pub(crate) fn table(len: u32) -> CapTable {
    (0..len).map(|index| Some(placeholder(index))).collect()
}

/// The index that a placeholder of such a table stands for.
pub(crate) fn index(hook: &dyn ClientHook) -> u32 {
    // A table's indices are 32 bits wide, so none is lost.
    hook.get_ptr() as u32
}

fn broken() -> Error {
    Error::failed("a placeholder for a capability cannot be called".into())
}

impl ClientHook for Placeholder {
    fn add_ref(&self) -> Box<dyn ClientHook> {
        placeholder(self.0)
    }

    fn new_call(
        &self,
        interface: u64,
        method: u16,
        size: Option<MessageSize>,
    ) -> Request<any_pointer::Owned, any_pointer::Owned> {
        let client: Client = capnp_rpc::new_future_client(async { Err::<Client, _>(broken()) });
        client.new_call(interface, method, size)
    }

    fn call(&self, _: u64, _: u16, _: Box<dyn ParamsHook>, _: Box<dyn ResultsHook>) -> Promise<(), Error> {
        Promise::err(broken())
    }

    fn get_brand(&self) -> usize {
        0
    }

    fn get_ptr(&self) -> usize {
        self.0 as usize
    }

    fn get_resolved(&self) -> Option<Box<dyn ClientHook>> {
        None
    }

    fn when_more_resolved(&self) -> Option<Promise<Box<dyn ClientHook>, Error>> {
        None
    }

    fn when_resolved(&self) -> Promise<(), Error> {
        Promise::ok(())
    }
}
