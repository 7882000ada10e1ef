//! Servers by name: what stands for sockets.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipc_core::{
    Address, Connected, Endpoint, Exception, ExceptionKind, Interface, Listening, Options, Result, Serving, Slots,
    deadline,
};

use crate::Line;

static NAMES: Mutex<BTreeMap<String, Arc<Door>>> = Mutex::new(BTreeMap::new());

/// Where those who connect come in.
struct Door {
    slots: Slots,
    line: fn() -> Line,
    /// Makes the server's end of a line.
    open: Box<dyn Fn(&Line) -> ipc_core::Connection + Send + Sync>,
    accepted: Arc<dyn Fn(ipc_core::Connection, ipc_core::Slot) + Send + Sync>,
}

/// A name that is served.
struct Named {
    address: Address,
    name: String,
    door: Arc<Door>,
}

/// Serves at a name, until what comes back is dropped.
pub(crate) fn listen<I: Interface + ?Sized>(
    address: &Address,
    line: fn() -> Line,
    root: Arc<I>,
    serving: Serving,
) -> Result<Box<dyn Listening>> {
    let name = name(address)?.to_owned();
    let Serving { options, connections, accepted, .. } = serving;
    let open = Box::new(move |line: &Line| line.accept(&root, options.clone()));
    let door = Arc::new(Door { slots: Slots::new(connections), line, open, accepted });
    let mut names = names();
    if names.contains_key(&name) {
        let taken = io::Error::from(io::ErrorKind::AddrInUse);
        let message = format!("somebody serves at {address} already");
        return Err(Exception::new(ExceptionKind::Disconnected, message).with_source(taken));
    }
    names.insert(name.clone(), door.clone());
    Ok(Box::new(Named { address: address.clone(), name, door }))
}

/// Connects to a name, from any thread. Waits for a place if there is none, at most the ambient deadline.
pub(crate) fn dial<I: Interface + ?Sized>(address: &Address, options: Options) -> Result<Connected<I>> {
    let name = name(address)?;
    let door = names().get(name).cloned();
    let door = door.ok_or_else(|| {
        let nobody = io::Error::from(io::ErrorKind::NotFound);
        Exception::new(ExceptionKind::Disconnected, format!("nobody serves at {address}")).with_source(nobody)
    })?;
    let until = deadline::current();
    let slot = door.slots.take_until(until).ok_or_else(|| match until {
        Some(until) if until <= std::time::Instant::now() => {
            Exception::new(ExceptionKind::DeadlineExceeded, format!("there was no place at {address} in time"))
        }
        _ => Exception::new(ExceptionKind::Disconnected, format!("{address} is not served any more")),
    })?;
    let line = (door.line)();
    let server = (door.open)(&line);
    (door.accepted)(server, slot);
    line.connect(options)
}

fn name(address: &Address) -> Result<&str> {
    match address.endpoint() {
        Endpoint::Local(name) => Ok(name),
        _ => {
            Err(Exception::new(ExceptionKind::Unimplemented, format!("expected an address local:NAME, got {address}")))
        }
    }
}

fn names() -> MutexGuard<'static, BTreeMap<String, Arc<Door>>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listening for Named {
    fn address(&self) -> &Address {
        &self.address
    }

    fn stop(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let door = names().remove(&self.name);
        self.door.slots.close();
        // The root may go with it: outside of the lock.
        drop(door);
    }
}
