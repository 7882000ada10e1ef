//! A received message: its segments in shared memory, read outside of the cell as well as inside.

use std::sync::{Arc, Mutex, PoisonError};

use capnp::{
    Word,
    message::{Reader, ReaderOptions, ReaderSegments},
};

/// Buffers of large messages are used again: fresh memory costs more than the copy into it.
const LARGE_WORDS: usize = (64 << 10) / size_of::<Word>();
/// So many are kept, and no larger ones.
const KEPT: usize = 4;
const KEPT_WORDS: usize = (4 << 20) / size_of::<Word>();

static SPARE: Mutex<Vec<Vec<Word>>> = Mutex::new(Vec::new());

/// Memory for a message of this many words; what it holds is to be written over.
pub(crate) fn buffer(words: usize) -> Vec<Word> {
    if words >= LARGE_WORDS {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        // Not one that is much too large: it would be held for nothing.
        let fits = |buffer: &Vec<Word>| buffer.len() >= words && buffer.len() / 2 <= words;
        if let Some(at) = spare.iter().position(fits) {
            let mut buffer = spare.swap_remove(at);
            drop(spare);
            buffer.truncate(words);
            return buffer;
        }
    }
    Word::allocate_zeroed_vec(words)
}

impl Drop for Segments {
    fn drop(&mut self) {
        if (LARGE_WORDS..=KEPT_WORDS).contains(&self.words.len()) {
            let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() >= KEPT {
                spare.remove(0);
            }
            spare.push(std::mem::take(&mut self.words));
        }
    }
}

/// A message as it came, cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Received(Arc<Segments>);

#[derive(Debug)]
struct Segments {
    words: Vec<Word>,
    /// Where each segment but the last ends, in words. Most messages have one segment, so that this holds no memory.
    ends: Vec<usize>,
}

impl Received {
    /// A message of these words, cut into segments of these sizes in words, which add up to them.
    pub(crate) fn new(words: Vec<Word>, sizes: &[usize]) -> Self {
        let mut end = 0;
        let ends = sizes[..sizes.len().saturating_sub(1)]
            .iter()
            .map(|size| {
                end += size;
                end
            })
            .collect();
        Self(Arc::new(Segments { words, ends }))
    }

    /// Begins to read it. Each reader has limits of its own; they are Cap'n Proto's defaults, doubled for what is read
    /// twice: once by the RPC layer, once by the value.
    pub(crate) fn reader(&self) -> Reader<Self> {
        let mut options = ReaderOptions::new();
        options.traversal_limit_in_words(Some(READ_LIMIT_WORDS.max(2 * self.0.words.len())));
        options.nesting_limit(READ_NESTING_LIMIT);
        Reader::new(self.clone(), options)
    }

    /// The kind of an RPC message: the tag of the union that is its root. `None` if the root is not where it is as a rule.
    pub(crate) fn kind(&self) -> Option<u16> {
        let words = &self.0.words[..self.0.ends.first().copied().unwrap_or(self.0.words.len())];
        let bytes = Word::words_to_bytes(words);
        let root = bytes.first_chunk::<4>().map(|low| i32::from_le_bytes(*low))?;
        if root & 3 != 0 {
            return None;
        }
        // A signed offset in words, from the end of the pointer.
        let at = usize::try_from(1 + (root >> 2)).ok()?.checked_mul(size_of::<Word>())?;
        bytes.get(at..)?.first_chunk::<2>().map(|tag| u16::from_le_bytes(*tag))
    }

    /// How large it is.
    pub(crate) fn len_bytes(&self) -> usize {
        self.0.words.len() * size_of::<Word>()
    }
}

const READ_LIMIT_WORDS: usize = 16 << 20;
/// Values bring their own bound; this one must be above it, for the message around them.
const READ_NESTING_LIMIT: i32 = 256;

impl ReaderSegments for Received {
    fn get_segment(&self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        if index >= self.len() {
            return None;
        }
        let end = self.0.ends.get(index).copied().unwrap_or(self.0.words.len());
        let start = if index == 0 { 0 } else { self.0.ends[index - 1] };
        Some(Word::words_to_bytes(&self.0.words[start..end]))
    }

    fn len(&self) -> usize {
        self.0.ends.len() + 1
    }
}
