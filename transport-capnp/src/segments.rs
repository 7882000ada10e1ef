//! The memory of messages that are built: that of large ones is used again, with that of large messages that came in.
//!
//! Measured for an argument of 1 MiB: most of the time went into page faults on memory that the allocator had just given
//! back to the system.
#![allow(unsafe_code)]

use std::{
    cell::Cell,
    ptr::{self, NonNull},
};

use capnp::{
    Word,
    message::{Allocator, Builder},
};

use crate::message::{LARGE_WORDS, reuse, spare};

/// The contents of a call or of an answer, as they are built, outside of the cell.
pub(crate) type Contents = Builder<Segments>;

/// Most calls fit into these.
const FIRST_WORDS: u32 = 64;
const WORD: usize = size_of::<Word>();
/// Values of so many bytes have segments of their own, in memory that is used again.
const FILLED_BYTES: usize = LARGE_WORDS * WORD;
/// No segment is larger than this unless a single value is.
const MOST_WORDS: u32 = 1 << 26;

/// Allocates segments, each as large as all before it.
pub(crate) struct Segments {
    next: u32,
}

/// A message without anything in it.
pub(crate) fn contents() -> Contents {
    Builder::new(Segments { next: FIRST_WORDS })
}

thread_local! {
    /// The words of the value that is written now, and that fills what is allocated for it.
    static FILLED: Cell<usize> = const { Cell::new(0) };
}

/// Runs `write`, which allocates room for so many bytes and fills all of it. Large memory is not zeroed for that.
pub(crate) fn filled<T>(bytes: usize, write: impl FnOnce() -> T) -> T {
    if bytes < FILLED_BYTES {
        return write();
    }
    let _reset = Reset;
    FILLED.set(bytes.div_ceil(WORD));
    write()
}

struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        FILLED.set(0);
    }
}

// SAFETY: `allocate_segment` gives memory that is initialised, and zeroed (`zeroed`) but for what `filled` is about, of at
// least the size that was asked for and of exactly the
// size that it says, aligned as `Word` is; it is leaked, so nobody else has it, and stays until `deallocate_segment` takes it
// back into the same box: the caller guarantees pointer and size.
unsafe impl Allocator for Segments {
    fn allocate_segment(&mut self, minimum_size: u32) -> (NonNull<u8>, u32) {
        let words: &'static mut [Word] = Box::leak(zeroed(minimum_size.max(self.next)));
        // What is kept for use again is not larger than messages may be.
        let size = words.len() as u32;
        self.next = self.next.saturating_add(size).min(MOST_WORDS);
        (NonNull::from(words).cast(), size)
    }

    unsafe fn deallocate_segment(&mut self, ptr: NonNull<u8>, word_size: u32, _: u32) {
        let words = ptr::slice_from_raw_parts_mut(ptr.as_ptr().cast::<Word>(), word_size as usize);
        // SAFETY: it was leaked from a box of this size by `allocate_segment`, and is given back once.
        let words = unsafe { Box::from_raw(words) };
        reuse(words.into_vec());
    }
}

/// At least so many words.
fn zeroed(words: u32) -> Box<[Word]> {
    let Some(mut buffer) = spare(words as usize) else {
        return Word::allocate_zeroed_vec(words as usize).into_boxed_slice();
    };
    let filled = match FILLED.replace(0) {
        // A segment of its own: the word that a far pointer leads to, then the value, whose last word it may not fill.
        value if value > 0 && value + 1 == words as usize => 1..value,
        _ => 0..0,
    };
    let (before, behind) = (filled.start, filled.end);
    Word::words_to_bytes_mut(&mut buffer[..before]).fill(0);
    Word::words_to_bytes_mut(&mut buffer[behind..]).fill(0);
    buffer.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_used_again_is_zeroed() {
        const WORDS: u32 = 1 << 14;
        let mut segments = Segments { next: FIRST_WORDS };
        for _ in 0..8 {
            let (ptr, size) = segments.allocate_segment(WORDS);
            assert!(size >= WORDS);
            let words = ptr::slice_from_raw_parts_mut(ptr.as_ptr().cast::<u64>(), size as usize);
            // SAFETY: it was just allocated, of this size, and zeroed.
            let words = unsafe { &mut *words };
            assert!(words.iter().all(|word| *word == 0));
            words.fill(!0);
            // SAFETY: it is given back as it came.
            unsafe { segments.deallocate_segment(ptr, size, size) };
        }
    }

    /// Keeps memory that is full of something.
    fn dirty(words: usize) {
        let mut buffer = Word::allocate_zeroed_vec(words);
        Word::words_to_bytes_mut(&mut buffer).fill(0xff);
        reuse(buffer);
    }

    #[test]
    fn nothing_of_what_memory_held_is_sent() {
        use capnp::{data_list, serialize::write_message_to_words};

        let large = FILLED_BYTES + 3;
        for lengths in [vec![large], vec![5, large, 7], vec![large, large + 1, 100, 2 * large, 1]] {
            dirty(large / WORD + 3);
            dirty(large / WORD + 500);
            dirty(2 * large / WORD + 2);
            let values: Vec<_> = lengths.iter().map(|length| vec![0x11; *length]).collect();
            let mut reused = contents();
            let mut list: data_list::Builder<'_> = reused.initn_root(values.len() as u32);
            for (at, value) in (0..).zip(&values) {
                filled(value.len(), || list.set(at, value));
            }
            let bytes = write_message_to_words(&reused);
            assert!(!bytes.contains(&0xff), "{lengths:?}");
            let list: data_list::Reader<'_> = reused.get_root_as_reader().unwrap();
            for (at, value) in (0..).zip(&values) {
                assert_eq!(list.get(at).unwrap(), value);
            }
        }
    }

    #[test]
    fn segments_grow() {
        let mut segments = Segments { next: FIRST_WORDS };
        let sizes: Vec<_> = [1, 1, 1000, 1]
            .into_iter()
            .map(|least| {
                let (ptr, size) = segments.allocate_segment(least);
                // SAFETY: it is given back as it came.
                unsafe { segments.deallocate_segment(ptr, size, 0) };
                size
            })
            .collect();
        assert_eq!(sizes, [64, 128, 1000, 1256]);
    }
}
