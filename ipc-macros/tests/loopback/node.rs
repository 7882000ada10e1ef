//! Trees.

use std::{fmt, sync::Arc};

use ipc_core::value::{Kind, Prim, Ptr};

use super::call::Face;

/// A value on the way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// What an older peer did not send.
    Missing,
    Prim(Prim, u64),
    Text(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Self>),
    List(Vec<Self>),
    Record(Vec<Self>),
    Variant(u16, Vec<Self>),
    Object(Exported),
}

/// An object on the way: new to the other side, or its own that comes home.
#[derive(Clone)]
pub(crate) struct Exported {
    pub(crate) face: Arc<dyn Face>,
    pub(crate) home: bool,
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("home", &self.home).finish_non_exhaustive()
    }
}

impl PartialEq for Exported {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.face, &other.face)
    }
}

impl Node {
    /// Panics unless this is a value of that kind.
    pub(crate) fn check(&self, kind: Kind) {
        let fits = match (kind, self) {
            (Kind::Prim(prim), Self::Prim(written, _)) => prim == *written,
            (Kind::Ptr(ptr), node) => node.is_ptr(ptr),
            (Kind::OptPrim(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed, Self::None) => true,
            (Kind::OptPrim(prim), Self::Some(node)) => matches!(**node, Self::Prim(written, _) if prim == written),
            (Kind::OptPtr(ptr) | Kind::HasPtr(ptr), Self::Some(node)) => node.is_ptr(ptr),
            (Kind::Boxed, Self::Some(_)) => true,
            _ => false,
        };
        assert!(fits, "declared as {kind:?}, written as {self:?}");
    }

    fn is_ptr(&self, ptr: Ptr) -> bool {
        matches!(
            (ptr, self),
            (Ptr::Text, Self::Text(_))
                | (Ptr::Bytes, Self::Bytes(_))
                | (Ptr::List, Self::List(_))
                | (Ptr::Struct, Self::Record(_) | Self::Variant(..))
                | (Ptr::Object, Self::Object(_))
        )
    }
}
