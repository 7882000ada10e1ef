//! A received message: its segments in shared memory, read outside of the cell as well as inside.

use std::sync::{Arc, Mutex, PoisonError};

use capnp::{
    Word,
    message::{Builder, HeapAllocator, Reader, ReaderOptions, ReaderSegments},
};
use capnp_rpc::rpc_capnp::{message, return_};

/// The numbers of some kinds of messages.
pub(crate) const CALL: u16 = 2;
pub(crate) const RETURN: u16 = 3;
pub(crate) const FINISH: u16 = 4;
pub(crate) const RELEASE: u16 = 6;
pub(crate) const BOOTSTRAP: u16 = 8;

/// Buffers of large messages are used again: fresh memory costs more than the copy into it.
pub(crate) const LARGE_WORDS: usize = (64 << 10) / size_of::<Word>();
/// So many are kept, and no larger ones.
const KEPT: usize = 4;
const KEPT_WORDS: usize = (4 << 20) / size_of::<Word>();

static SPARE: Mutex<Vec<Vec<Word>>> = Mutex::new(Vec::new());

/// Memory for a message of this many words; what it holds is to be written over.
pub(crate) fn buffer(words: usize) -> Vec<Word> {
    let Some(mut buffer) = spare(words) else { return Word::allocate_zeroed_vec(words) };
    buffer.truncate(words);
    buffer
}

/// So many words of memory, or some more, that were used before: if so many are large, and there are some.
pub(crate) fn spare(words: usize) -> Option<Vec<Word>> {
    if words < LARGE_WORDS {
        return None;
    }
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    // The last that came, which the caches know best; not one that is much too large: it would be held for nothing.
    let at = spare.iter().rposition(|buffer| buffer.len() >= words && buffer.len() / 2 <= words)?;
    Some(spare.swap_remove(at))
}

/// Keeps memory for others, if it is large.
pub(crate) fn reuse(words: Vec<Word>) {
    if !(LARGE_WORDS..=KEPT_WORDS).contains(&words.len()) {
        return;
    }
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let oldest = (spare.len() >= KEPT).then(|| spare.remove(0));
    spare.push(words);
    drop(spare);
    // Outside of the lock: it may go back to the system.
    drop(oldest);
}

impl Drop for Segments {
    fn drop(&mut self) {
        reuse(std::mem::take(&mut self.words));
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

    /// A message that was built here, as if it had come.
    pub(crate) fn built(builder: &Builder<HeapAllocator>) -> Self {
        let segments = builder.get_segments_for_output();
        let sizes: Vec<_> = segments.iter().map(|segment| segment.len() / size_of::<Word>()).collect();
        let mut words = Word::allocate_zeroed_vec(sizes.iter().sum());
        Word::words_to_bytes_mut(&mut words).copy_from_slice(&segments.concat());
        Self::new(words, &sizes)
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
        self.first().kind().or_else(|| Some(self.by_reader()?.0))
    }

    /// The number of the question that a call, a bootstrap, a return or a finish is about.
    pub(crate) fn question(&self) -> Option<u32> {
        self.first().question().or_else(|| self.by_reader()?.1)
    }

    /// How many capabilities the payload of a call or a return carries.
    ///
    /// # Errors
    ///
    /// If the message is malformed.
    pub(crate) fn cap_count(&self) -> capnp::Result<u32> {
        self.first().cap_count().map_or_else(|| self.cap_count_by_reader(), Ok)
    }

    fn cap_count_by_reader(&self) -> capnp::Result<u32> {
        let reader = self.reader();
        Ok(match reader.get_root::<message::Reader<'_>>()?.which()? {
            message::Call(call) => call?.get_params()?.get_cap_table()?.len(),
            message::Return(answer) => match answer?.which()? {
                return_::Results(payload) => payload?.get_cap_table()?.len(),
                _ => 0,
            },
            _ => 0,
        })
    }

    fn first(&self) -> First<'_> {
        let end = self.0.ends.first().copied().unwrap_or(self.0.words.len());
        First(Word::words_to_bytes(&self.0.words[..end]))
    }

    /// What the others find, wherever it stands.
    fn by_reader(&self) -> Option<(u16, Option<u32>)> {
        let reader = self.reader();
        kind_by_reader(reader.get_root().ok()?)
    }

    /// How large it is.
    pub(crate) fn len_bytes(&self) -> usize {
        self.0.words.len() * size_of::<Word>()
    }
}

/// The kind of an RPC message that was built.
pub(crate) fn kind_of(message: &Builder<HeapAllocator>) -> Option<u16> {
    first_of(message).kind().or_else(|| Some(kind_by_reader(message.get_root_as_reader().ok()?)?.0))
}

/// The number of the question of a call that was built.
pub(crate) fn question_of(message: &Builder<HeapAllocator>) -> Option<u32> {
    first_of(message).question().or_else(|| kind_by_reader(message.get_root_as_reader().ok()?)?.1)
}

fn first_of(message: &Builder<HeapAllocator>) -> First<'_> {
    First(message.get_segments_for_output().first().copied().unwrap_or_default())
}

/// The kind of a message, and the number of the question that it is about.
fn kind_by_reader(root: message::Reader<'_>) -> Option<(u16, Option<u32>)> {
    Some(match root.which().ok()? {
        message::Call(call) => (CALL, Some(call.ok()?.get_question_id())),
        message::Return(answer) => (RETURN, Some(answer.ok()?.get_answer_id())),
        message::Finish(finish) => (FINISH, Some(finish.ok()?.get_question_id())),
        message::Bootstrap(bootstrap) => (BOOTSTRAP, Some(bootstrap.ok()?.get_question_id())),
        message::Release(_) => (RELEASE, None),
        _ => return None,
    })
}

/// A message's first segment, read as messages are laid out as a rule: each struct stands in it, where its pointer does.
struct First<'a>(&'a [u8]);

impl First<'_> {
    fn kind(&self) -> Option<u16> {
        let root = self.plain_struct(0).filter(|root| root.data_words > 0)?;
        self.word(root.data).map(|word| word as u16)
    }

    fn question(&self) -> Option<u32> {
        let root = self.plain_struct(0).filter(|root| root.pointers > 0)?;
        let body = self.plain_struct(root.data + root.data_words)?;
        self.word(body.data).filter(|_| body.data_words > 0).map(|word| word as u32)
    }

    fn cap_count(&self) -> Option<u32> {
        let root = self.plain_struct(0).filter(|root| root.pointers > 0 && root.data_words > 0)?;
        let body = self.plain_struct(root.data + root.data_words)?;
        // A call has its payload behind its target.
        let payload = match self.word(root.data)? as u16 {
            CALL if body.pointers > 1 => body.data + body.data_words + 1,
            // What a return is, is said in the last quarter of its first word: results.
            RETURN if body.pointers > 0 && body.data_words > 0 && self.word(body.data)? >> 48 == 0 => {
                body.data + body.data_words
            }
            CALL | RETURN => return None,
            // The others, of which there is one or more for each call, have no payload.
            _ => return Some(0),
        };
        let payload = self.plain_struct(payload).filter(|payload| payload.pointers > 1)?;
        let table = payload.data + payload.data_words + 1;
        match self.word(table)? {
            0 => Some(0),
            // A list of structs, whose first word says how many there are.
            list if list & 3 == 1 && list >> 32 & 7 == 7 => {
                let tag = self.word(behind(table, list)?)?;
                (tag & 3 == 0).then_some(tag as u32 >> 2)
            }
            _ => None,
        }
    }

    fn plain_struct(&self, pointer: usize) -> Option<Plain> {
        let word = self.word(pointer)?;
        if word & 3 != 0 {
            return None;
        }
        Some(Plain {
            data: behind(pointer, word)?,
            data_words: usize::from((word >> 32) as u16),
            pointers: (word >> 48) as u16,
        })
    }

    fn word(&self, at: usize) -> Option<u64> {
        let word = self.0.get(at.checked_mul(size_of::<Word>())?..)?.first_chunk()?;
        Some(u64::from_le_bytes(*word))
    }
}

/// Where a near pointer points to: a signed offset in words, from its end.
fn behind(pointer: usize, word: u64) -> Option<usize> {
    (pointer + 1).checked_add_signed((word as u32 as i32 >> 2) as isize)
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

    type Fill = fn(message::Builder<'_>, u32);

    /// A message whose first segment is of so many words, whose payload carries so many capabilities.
    fn with_caps(first: u32, caps: u32, fill: Fill) -> Builder<HeapAllocator> {
        let allocator =
            HeapAllocator::new().first_segment_words(first).allocation_strategy(AllocationStrategy::FixedSize);
        let mut builder = Builder::new(allocator);
        fill(builder.init_root(), caps);
        builder
    }

    #[test]
    fn the_capabilities_of_a_payload_are_counted_wherever_their_table_is() {
        let shapes: [(u16, Fill); 3] = [
            (CALL, |message, caps| {
                let mut call = message.init_call();
                call.reborrow().init_target().set_imported_cap(3);
                let mut params = call.init_params();
                params.reborrow().get_content().init_as::<capnp_rpc::rpc_capnp::finish::Builder<'_>>();
                params.init_cap_table(caps);
            }),
            (RETURN, |message, caps| {
                message.init_return().init_results().init_cap_table(caps);
            }),
            // No results, and so none, whatever the tag would be taken for.
            (RETURN, |message, _| message.init_return().init_exception().set_reason("no")),
        ];
        for (at, (kind, fill)) in shapes.into_iter().enumerate() {
            for first in [1, 2, 5, 8, 100] {
                for caps in [0, 1, 2, 700] {
                    let builder = with_caps(first, caps, fill);
                    assert_eq!(kind_of(&builder), Some(kind));
                    let message = Received::built(&builder);
                    assert_eq!(message.cap_count().unwrap(), if at < 2 { caps } else { 0 });
                    assert_eq!(message.cap_count().unwrap(), message.cap_count_by_reader().unwrap());
                }
            }
            // One that lies as a rule is not read by the reader.
            let plain = Received::built(&with_caps(100, 2, fill));
            assert_eq!(plain.first().cap_count(), (at < 2).then_some(2));
        }
    }

    #[test]
    fn a_message_is_of_its_kind_wherever_its_root_is() {
        for first in [1, 100] {
            let allocator =
                HeapAllocator::new().first_segment_words(first).allocation_strategy(AllocationStrategy::FixedSize);
            let mut builder = Builder::new(allocator);
            builder.init_root::<message::Builder<'_>>().init_finish().set_question_id(7);
            let message = Received::built(&builder);
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
