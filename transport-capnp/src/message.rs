//! A received message: its segments in shared memory, read outside of the cell as well as inside.

use std::sync::{Arc, Mutex, PoisonError};

use capnp::{
    Word,
    message::{Reader, ReaderOptions, ReaderSegments},
};
use capnp_rpc::rpc_capnp::message;

/// The numbers of some kinds of messages.
pub(crate) const CALL: u16 = 2;
pub(crate) const RETURN: u16 = 3;
pub(crate) const FINISH: u16 = 4;
pub(crate) const BOOTSTRAP: u16 = 8;

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

    /// The kind of an RPC message: the tag of the union that is its root.
    pub(crate) fn kind(&self) -> Option<u16> {
        self.plain_kind().or_else(|| self.by_reader()).map(|(kind, _)| kind)
    }

    /// The number of the question that a call, a bootstrap, a return or a finish is about.
    pub(crate) fn question(&self) -> Option<u32> {
        self.plain_question().or_else(|| self.by_reader()?.1)
    }

    fn plain_kind(&self) -> Option<(u16, Option<u32>)> {
        let root = self.plain_struct(0)?;
        self.word(root.data).filter(|_| root.data_words > 0).map(|word| (word as u16, None))
    }

    fn plain_question(&self) -> Option<u32> {
        let root = self.plain_struct(0).filter(|root| root.pointers > 0)?;
        let body = self.plain_struct(root.data + root.data_words)?;
        self.word(body.data).filter(|_| body.data_words > 0).map(|word| word as u32)
    }

    /// A struct where it is as a rule: in the first segment, as its pointer there.
    fn plain_struct(&self, pointer: usize) -> Option<Plain> {
        let word = self.word(pointer)?;
        if word & 3 != 0 {
            return None;
        }
        // A signed offset in words, from the end of the pointer.
        let data = (pointer + 1).checked_add_signed((word as u32 as i32 >> 2) as isize)?;
        Some(Plain { data, data_words: usize::from((word >> 32) as u16), pointers: (word >> 48) as u16 })
    }

    /// A word of the first segment.
    fn word(&self, at: usize) -> Option<u64> {
        let end = self.0.ends.first().copied().unwrap_or(self.0.words.len());
        let word = self.0.words[..end].get(at..=at)?;
        Some(u64::from_le_bytes(*Word::words_to_bytes(word).first_chunk()?))
    }

    /// What the others find, wherever it stands.
    fn by_reader(&self) -> Option<(u16, Option<u32>)> {
        let reader = self.reader();
        let root = reader.get_root::<message::Reader<'_>>().ok()?;
        Some(match root.which().ok()? {
            message::Call(call) => (CALL, Some(call.ok()?.get_question_id())),
            message::Return(answer) => (RETURN, Some(answer.ok()?.get_answer_id())),
            message::Finish(finish) => (FINISH, Some(finish.ok()?.get_question_id())),
            message::Bootstrap(bootstrap) => (BOOTSTRAP, Some(bootstrap.ok()?.get_question_id())),
            _ => return None,
        })
    }

    /// How large it is.
    pub(crate) fn len_bytes(&self) -> usize {
        self.0.words.len() * size_of::<Word>()
    }
}

/// Where a struct is: its data's first word, behind which the pointers stand.
struct Plain {
    data: usize,
    data_words: usize,
    pointers: u16,
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

#[cfg(test)]
mod tests {
    use capnp::message::{AllocationStrategy, Builder, HeapAllocator};

    use super::*;

    fn received(builder: &Builder<HeapAllocator>) -> Received {
        let segments = builder.get_segments_for_output();
        let sizes: Vec<_> = segments.iter().map(|segment| segment.len() / size_of::<Word>()).collect();
        let mut words = Word::allocate_zeroed_vec(sizes.iter().sum());
        Word::words_to_bytes_mut(&mut words).copy_from_slice(&segments.concat());
        Received::new(words, &sizes)
    }

    #[test]
    fn a_message_is_of_its_kind_wherever_its_root_is() {
        for first in [1, 100] {
            let allocator =
                HeapAllocator::new().first_segment_words(first).allocation_strategy(AllocationStrategy::FixedSize);
            let mut builder = Builder::new(allocator);
            builder.init_root::<message::Builder<'_>>().init_finish().set_question_id(7);
            let message = received(&builder);
            assert_eq!(message.len() == 1, first == 100);
            assert_eq!(message.kind(), Some(FINISH));
            assert_eq!(message.question(), Some(7));
        }
    }

    /// What follows a root without data is none of it.
    #[test]
    fn a_root_without_data_is_not_of_the_kind_that_stands_behind_it() {
        let word = |number: u64| number.to_le_bytes();
        let mut words = Word::allocate_zeroed_vec(3);
        let bytes = [word(1 << 48), word(0), word(u64::from(FINISH))].concat();
        Word::words_to_bytes_mut(&mut words).copy_from_slice(&bytes);
        let message = Received::new(words, &[3]);
        assert_eq!((message.kind(), message.question()), (None, None));
    }
}
