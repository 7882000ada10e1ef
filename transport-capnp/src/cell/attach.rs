//! Large contents, sent without copying them into the message that carries them.
//!
//! A message is a list of segments, and a pointer into another segment is a far pointer to a landing pad: the word there is
//! the pointer itself. The first word of a message is just that. So the carrying message's content becomes a far pointer
//! to the first word of the contents' first segment, and their segments go out behind its own.
//!
//! Segments refer to each other by number. A message that is built in one go refers only forward, so all of its segments
//! keep their numbers but the first, to which nothing refers: it goes last.

use capnp::{
    Word,
    message::{Builder, HeapAllocator},
};

/// Contents from this size on, in words, are attached: 8 KiB.
pub(super) const LEAST_WORDS: usize = 1024;

/// What goes out, in order.
pub(crate) enum Chunk {
    Bytes(Vec<u8>),
    /// Some segments of a message: from the second on, then the first.
    Segments(Box<Builder<HeapAllocator>>),
}

/// Where the contents' pointer is in a message that carries them, in words of its only segment.
///
/// `None` if it is no message that carries contents, or not one of the expected form: then it has to be copied.
fn content_at(words: &[Word]) -> Option<usize> {
    const CALL: u16 = 2;
    const RETURN: u16 = 3;
    let message = follow(words, 0)?;
    // The union's tag is the first 16 bits of the message.
    let kind = u16::from_le_bytes(Word::words_to_bytes(words.get(message.data..=message.data)?)[..2].try_into().ok()?);
    let body = follow(words, message.pointers)?;
    let payload = match kind {
        CALL => follow(words, body.pointers + 1)?,
        RETURN => follow(words, body.pointers)?,
        _ => return None,
    };
    (payload.pointers < words.len()).then_some(payload.pointers)
}

/// A struct in a segment: where its data and its pointers begin.
struct Place {
    data: usize,
    pointers: usize,
}

fn raw(words: &[Word], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(Word::words_to_bytes(words.get(at..=at)?).try_into().ok()?))
}

/// The struct that a near pointer points to.
fn follow(words: &[Word], at: usize) -> Option<Place> {
    let pointer = raw(words, at)?;
    if pointer & 3 != 0 || pointer == 0 {
        return None;
    }
    // The lower half is a signed offset from the end of the pointer, above the two bits of its kind.
    let offset = (pointer as u32 as i32) >> 2;
    let data = (at + 1).checked_add_signed(offset as isize)?;
    let data_words = (pointer >> 32) as u16 as usize;
    Some(Place { data, pointers: data + data_words })
}

/// Whether contents can be attached: their root is a struct in the first segment.
pub(super) fn can_attach(contents: &Builder<HeapAllocator>) -> bool {
    contents
        .get_segments_for_output()
        .first()
        .is_some_and(|first| first.get(..8).is_some_and(|root| root[0] & 3 == 0 && root.iter().any(|byte| *byte != 0)))
}

/// The bytes before the contents' segments: the table of all segments, and the carrying message with its pointer.
///
/// # Errors
///
/// If the carrying message is not of the expected form.
pub(super) fn carry(carrier: &Builder<HeapAllocator>, contents: &Builder<HeapAllocator>) -> capnp::Result<Vec<u8>> {
    let unexpected = || capnp::Error::failed("a message for large contents that cannot carry them".into());
    let own = carrier.get_segments_for_output();
    let [own] = &*own else { return Err(unexpected()) };
    let attached = contents.get_segments_for_output();
    let count = attached.len() + 1;
    let sizes = std::iter::once(own.len()).chain(attached[1..].iter().map(|segment| segment.len()));
    let sizes = sizes.chain([attached[0].len()]);
    let mut out = Vec::with_capacity((count / 2 + 1) * 8 + own.len());
    out.extend((count as u32 - 1).to_le_bytes());
    for size in sizes {
        let words = u32::try_from(size / 8).map_err(|_| unexpected())?;
        out.extend(words.to_le_bytes());
    }
    if count % 2 == 0 {
        out.extend([0; 4]);
    }
    let mut words = Word::allocate_zeroed_vec(own.len() / 8);
    Word::words_to_bytes_mut(&mut words).copy_from_slice(own);
    let at = content_at(&words).ok_or_else(unexpected)?;
    const FAR: u64 = 2;
    // The landing pad is the first word of the last segment.
    let pointer = FAR | ((count as u64 - 1) << 32);
    Word::words_to_bytes_mut(&mut words[at..=at]).copy_from_slice(&pointer.to_le_bytes());
    out.extend_from_slice(Word::words_to_bytes(&words));
    Ok(out)
}

impl Chunk {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Segments(message) => message.get_segments_for_output().iter().map(|segment| segment.len()).sum(),
        }
    }

    /// Calls `with` with the slices that are left from byte `from` on.
    pub(crate) fn slices<T>(&self, from: usize, with: impl FnOnce(&[std::io::IoSlice<'_>]) -> T) -> T {
        match self {
            Self::Bytes(bytes) => with(&[std::io::IoSlice::new(bytes.get(from..).unwrap_or_default())]),
            Self::Segments(message) => {
                let segments = message.get_segments_for_output();
                let mut skip = from;
                let mut slices = Vec::new();
                for segment in segments[1..].iter().chain(segments.first()) {
                    let skipped = skip.min(segment.len());
                    skip -= skipped;
                    if skipped < segment.len() {
                        slices.push(std::io::IoSlice::new(&segment[skipped..]));
                    }
                }
                with(&slices)
            }
        }
    }
}
