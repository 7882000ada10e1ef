//! The sections of a struct while it is laid out, and the holes in its data.

use ipc_core::value::Prim;

use super::{Size, lg_bits};

/// What is taken, and what is left free below a word: at most one hole of each size, from 1 bit to 32.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    words: u32,
    pointers: u32,
    /// Offsets in units of the hole's own size. None is at zero, where the first field went.
    holes: [u32; 6],
}

impl Space {
    pub(super) const fn new() -> Self {
        Self { words: 0, pointers: 0, holes: [0; 6] }
    }

    /// Takes room for a primitive and gives its offset in units of its size.
    pub(super) const fn add(&mut self, prim: Prim) -> u32 {
        match lg_bits(prim) {
            None => 0,
            Some(lg) => self.add_data(lg),
        }
    }

    pub(super) const fn add_data(&mut self, lg: u32) -> u32 {
        if let Some(at) = self.take_hole(lg) {
            return at;
        }
        let at = self.words << (6 - lg);
        self.words += 1;
        // What the word has left: a hole of each size from this one on.
        let (mut hole, mut size) = (at + 1, lg as usize);
        while size < 6 {
            self.holes[size] = hole;
            hole = hole.div_ceil(2);
            size += 1;
        }
        at
    }

    pub(super) const fn add_pointer(&mut self) -> u32 {
        self.pointers += 1;
        self.pointers - 1
    }

    /// Takes the smallest hole that fits, halving a larger one: the lower half is used, the upper stays.
    const fn take_hole(&mut self, lg: u32) -> Option<u32> {
        let lg = lg as usize;
        let mut size = lg;
        while size < 6 && self.holes[size] == 0 {
            size += 1;
        }
        if size == 6 {
            return None;
        }
        let mut at = self.holes[size];
        self.holes[size] = 0;
        while size > lg {
            size -= 1;
            at *= 2;
            self.holes[size] = at + 1;
        }
        Some(at)
    }

    /// Widens what lies at `at`, if the holes that follow it make up the rest; takes these.
    pub(super) const fn widen(&mut self, lg: u32, at: u32, by: u32) -> bool {
        let mut i = 0;
        while i < by {
            let size = (lg + i) as usize;
            if size >= 6 || self.holes[size] != (at >> i) + 1 {
                return false;
            }
            i += 1;
        }
        while i > 0 {
            i -= 1;
            self.holes[(lg + i) as usize] = 0;
        }
        true
    }

    pub(super) const fn size(&self) -> Size {
        assert!(self.words <= u16::MAX as u32 && self.pointers <= u16::MAX as u32, "a struct is too large");
        Size { data: self.words as u16, pointers: self.pointers as u16 }
    }
}
