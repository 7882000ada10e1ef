//! What one message may cost beside the memory for its values.

use ipc_core::{
    Exception, ExceptionKind,
    value::{Field, Kind, Ptr},
};

pub(super) fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

/// About what a struct of these fields takes in memory, without what it refers to.
pub(super) const fn footprint(fields: &[Field]) -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < fields.len() {
        bytes += match fields[i].kind {
            Kind::Prim(prim) => prim.bytes(),
            Kind::OptPrim(prim) => 2 * prim.bytes() + 1,
            // Structs may stand inside their holder; what is theirs is charged when they are entered.
            Kind::Ptr(Ptr::Struct) => 0,
            Kind::Ptr(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => size_of::<String>(),
        };
        i += 1;
    }
    bytes
}
