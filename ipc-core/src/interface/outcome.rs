//! The types of result and error, taken from a method's return type.

use crate::{
    exception::Exception,
    value::{Fault, Field, Value},
};

/// What an interface method returns. A trait, so that aliases of `Result` work.
#[diagnostic::on_unimplemented(
    message = "an interface method must return `Result<T, E>`, not `{Self}`",
    label = "the other process can always be gone",
    note = "write `-> ipc::Result<T>`, or `-> Result<T, E>` with an `E` of your own that implements `From<ipc::Exception>`"
)]
pub trait Outcome {
    /// The result.
    type Ok;
    /// The error.
    type Err: Fault;
    /// The error as a field, unless it is [`Exception`] itself, which crosses as an exception.
    const ERROR: Option<Field>;

    /// The `Result`, whatever its alias.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;

    /// The way back.
    fn from_result(result: Result<Self::Ok, Self::Err>) -> Self;
}

impl<T, E: Fault> Outcome for Result<T, E> {
    type Ok = T;
    type Err = E;
    const ERROR: Option<Field> = if E::FINGERPRINT == Exception::FINGERPRINT {
        None
    } else {
        Some(Field { name: "error", wire_name: None, kind: E::KIND.optional(), default: 0, tag: None, ty: E::ty })
    };

    fn into_result(self) -> Self {
        self
    }

    fn from_result(result: Self) -> Self {
        result
    }
}
