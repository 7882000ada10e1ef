//! How a type of somebody else's crosses: a hook.

use std::net::SocketAddr;

use ipc_core::{
    Exception, ExceptionKind, Result, Value,
    value::{Kind, Reader, Type, Writer},
};

pub(super) const KIND: Kind = String::KIND;

pub(super) fn ty() -> Type {
    String::ty()
}

/// As text; port 0 is refused.
pub(super) fn write<W: Writer>(address: &SocketAddr, writer: W) -> Result<()> {
    if address.port() == 0 {
        return Err(Exception::new(ExceptionKind::Protocol, format!("expected a port, got {address}")));
    }
    address.to_string().write(writer)
}

pub(super) fn read<R: Reader>(reader: R) -> Result<SocketAddr> {
    let text = String::read(reader)?;
    text.parse().map_err(|_| Exception::new(ExceptionKind::Protocol, format!("expected an address, got {text}")))
}
