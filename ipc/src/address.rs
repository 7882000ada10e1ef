//! What can be given as an address.

use ipc_core::{Address, Exception, ExceptionKind, Result, Transport};

/// An address, or a text that is one: what [`connect`](crate::connect) and [`serve`](crate::serve) take.
pub trait IntoAddress {
    /// The address.
    ///
    /// # Errors
    ///
    /// `Protocol` if the text is none; the message says what was expected, the source is an
    /// [`AddressError`](ipc_core::AddressError).
    fn into_address(self) -> Result<Address>;
}

impl IntoAddress for Address {
    fn into_address(self) -> Result<Address> {
        Ok(self)
    }
}

impl IntoAddress for &Address {
    fn into_address(self) -> Result<Address> {
        Ok(self.clone())
    }
}

impl IntoAddress for &str {
    fn into_address(self) -> Result<Address> {
        Ok(self.parse()?)
    }
}

impl IntoAddress for &String {
    fn into_address(self) -> Result<Address> {
        self.as_str().into_address()
    }
}

impl IntoAddress for String {
    fn into_address(self) -> Result<Address> {
        self.as_str().into_address()
    }
}

/// Fails if the address asks for another transport than this one.
pub(crate) fn check_scheme<T: Transport>(address: &Address, transport: &T) -> Result<()> {
    match address.scheme() {
        Some(scheme) if scheme != transport.scheme() => {
            let message = format!(
                "{address} asks for the transport {scheme}, but was given to {own}: expected {own}+…, or no scheme",
                own = transport.scheme()
            );
            Err(Exception::new(ExceptionKind::Protocol, message))
        }
        _ => Ok(()),
    }
}
