//! What one message may cost: bytes while it is written, memory while it is read, depth in both.

use std::cell::Cell;

use ipc_core::{
    Exception, ExceptionKind, Limits, Result,
    value::{Field, Kind, Prim, Ptr},
};

/// Memory that values may take beside [`AMPLIFICATION`].
const SLACK: usize = 16 << 20;

/// How much more memory than bytes of its message a value may take. An empty struct in a list takes two bytes on the wire.
const AMPLIFICATION: usize = 64;

/// What is left of the memory that the values of one message may take.
pub(super) struct Budget {
    left: Cell<usize>,
    all: usize,
    depth: usize,
}

impl Budget {
    /// For a message of so many bytes.
    pub(super) fn new(limits: &Limits, message: usize) -> Self {
        let fair = message.saturating_mul(AMPLIFICATION).saturating_add(SLACK);
        let all = limits.value_bytes.min(fair);
        Self { left: Cell::new(all), all, depth: limits.value_depth }
    }

    #[inline]
    pub(super) fn spend(&self, cost: usize) -> Result<()> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                Err(too_large(format!("expected at most {} bytes of memory for the values of a message", self.all)))
            }
        }
    }

    /// Spends `each`, at least one, for `count` elements.
    #[inline]
    pub(super) fn spend_all(&self, count: usize, each: usize) -> Result<()> {
        self.spend(count.saturating_mul(each.max(1)))
    }

    /// The depth below `depth`.
    #[inline]
    pub(super) fn enter(&self, depth: usize) -> Result<usize> {
        deeper(depth, self.depth)
    }
}

/// The depth below `depth`, of which there are so many.
#[inline]
pub(super) fn deeper(depth: usize, most: usize) -> Result<usize> {
    if depth >= most {
        return Err(too_large(format!("expected values nested at most {most} deep")));
    }
    Ok(depth + 1)
}

pub(super) fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

/// About what a struct of these fields takes in memory, without what it refers to.
pub(super) const fn footprint(fields: &[Field]) -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < fields.len() {
        bytes += match fields[i].kind {
            Kind::Prim(prim) => prim_bytes(prim),
            Kind::OptPrim(prim) => 2 * prim_bytes(prim) + 1,
            // Structs may stand inside their holder; what is theirs is charged when they are entered.
            Kind::Ptr(Ptr::Struct) => 0,
            Kind::Ptr(_) | Kind::OptPtr(_) | Kind::HasPtr(_) | Kind::Boxed => size_of::<String>(),
        };
        i += 1;
    }
    bytes
}

const fn prim_bytes(prim: Prim) -> usize {
    match prim {
        Prim::Void => 0,
        Prim::Bool | Prim::B8 => 1,
        Prim::B16 => 2,
        Prim::B32 => 4,
        Prim::B64 => 8,
    }
}
