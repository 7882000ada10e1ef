//! What one message may cost: something that is counted while it is written or read, and depth.

use std::cell::Cell;

use crate::{
    exception::{Exception, ExceptionKind, Result},
    limits::Limits,
};

/// Memory that values may take beside [`AMPLIFICATION`].
const SLACK: usize = 16 << 20;

/// How much more memory than bytes of its message a value may take. A list of flags may take eight times as much, a list of
/// optional strings three times; a list of empty structs may claim any length in no bytes at all.
const AMPLIFICATION: usize = 64;

/// For transport authors: what is left of the bounds of one message. A reader charges what it is about to make of a message
/// before it makes it, so that a small hostile one takes no large memory, and no deep one the stack.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    all: usize,
    depth: usize,
    what: &'static str,
}

impl Budget {
    /// For the values of a message of so many bytes, to be read: bytes of memory, at most [`Limits::value_bytes`], and no more
    /// than such a message can need; [`Limits::value_depth`].
    pub fn for_values(limits: &Limits, message_bytes: usize) -> Self {
        let fair = message_bytes.saturating_mul(AMPLIFICATION).saturating_add(SLACK);
        Self::new(limits.value_bytes.min(fair), limits.value_depth, "bytes of memory for the values of a message")
    }

    /// At most `all` of `what`, which is plural, and `depth` levels of values within each other.
    pub fn new(all: usize, depth: usize, what: &'static str) -> Self {
        Self { left: Cell::new(all), all, depth, what }
    }

    /// What was spent so far.
    pub fn spent(&self) -> usize {
        self.all - self.left.get()
    }

    /// Spends this much.
    ///
    /// # Errors
    ///
    /// `TooLarge` if it is not left.
    #[inline]
    pub fn spend(&self, cost: usize) -> Result<()> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(too_large(format!("expected at most {} {}", self.all, self.what))),
        }
    }

    /// Spends `each`, at least one, for `count` elements.
    ///
    /// # Errors
    ///
    /// As for [`spend`](Self::spend).
    #[inline]
    pub fn spend_all(&self, count: usize, each: usize) -> Result<()> {
        self.spend(count.saturating_mul(each.max(1)))
    }

    /// The depth below `depth`, which begins at 0.
    ///
    /// # Errors
    ///
    /// `TooLarge` if there are no more levels.
    #[inline]
    pub fn enter(&self, depth: usize) -> Result<usize> {
        deeper(depth, self.depth)
    }
}

/// For transport authors: the depth below `depth`, of which there are `most`.
///
/// # Errors
///
/// `TooLarge` if there are no more.
#[inline]
pub fn deeper(depth: usize, most: usize) -> Result<usize> {
    if depth >= most {
        return Err(too_large(format!("expected values nested at most {most} deep")));
    }
    Ok(depth + 1)
}

fn too_large(message: String) -> Exception {
    Exception::new(ExceptionKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_spent_than_there_is() {
        let budget = Budget::new(10, 2, "bytes");
        budget.spend_all(3, 2).unwrap();
        budget.spend_all(2, 0).unwrap();
        assert_eq!(budget.spent(), 8);
        assert_eq!(budget.spend(3).unwrap_err().message(), "expected at most 10 bytes");
        assert_eq!(budget.spend_all(usize::MAX, 2).unwrap_err().kind(), ExceptionKind::TooLarge);
        budget.spend(2).unwrap();
        assert_eq!(budget.enter(1), Ok(2));
        assert_eq!(budget.enter(2).unwrap_err().kind(), ExceptionKind::TooLarge);
    }

    #[test]
    fn a_short_message_may_not_take_all_that_a_long_one_may() {
        let limits = Limits::default();
        assert!(Budget::for_values(&limits, 1).spend(SLACK + AMPLIFICATION).is_ok());
        assert!(Budget::for_values(&limits, 1).spend(SLACK + AMPLIFICATION + 1).is_err());
        assert!(Budget::for_values(&limits, usize::MAX).spend(limits.value_bytes).is_ok());
        assert!(Budget::for_values(&limits, usize::MAX).spend(limits.value_bytes + 1).is_err());
    }
}
