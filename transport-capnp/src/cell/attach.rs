//! Large contents, sent without copying them into the message that carries them.
//!
//! A message is a list of segments, which refer to each other by number. A message that is built can refer from any of its
//! segments to any other, so all of the contents' segments keep their numbers, and the carrying message, which is a single
//! segment that refers to itself alone, goes last. Two pointers are written anew:
//!
//! - the first word of all, which is the message's root: a far pointer to the carrying message's root, which is the word
//!   that stands there;
//! - the carrying message's pointer to the contents: a far pointer to two words behind it, which say where the contents'
//!   root is, in the first segment, and how large it is.

use std::io::IoSlice;

use capnp::{
    Word,
    message::{Builder, HeapAllocator},
};

use crate::segments::Contents;

/// Contents from this size on, in words, are attached: 8 KiB.
pub(super) const LEAST_WORDS: usize = 1024;

/// What goes out, in order.
pub(crate) enum Chunk {
    Bytes(Vec<u8>),
    /// The segments of a message, all but its first word.
    Segments(Box<Contents>),
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
pub(super) fn can_attach(contents: &Contents) -> bool {
    contents
        .get_segments_for_output()
        .first()
        .is_some_and(|first| first.get(..8).is_some_and(|root| root[0] & 3 == 0 && root.iter().any(|byte| *byte != 0)))
}

/// The bytes before the contents' segments, their first word included, and those behind them: the table of all segments, and
/// the carrying message.
///
/// # Errors
///
/// If one of the messages is not of the expected form.
pub(super) fn carry(carrier: &Builder<HeapAllocator>, contents: &Contents) -> capnp::Result<(Vec<u8>, Vec<u8>)> {
    let unexpected = || capnp::Error::failed("a message for large contents that cannot carry them".into());
    let own = carrier.get_segments_for_output();
    let [own] = &*own else { return Err(unexpected()) };
    let own_words = own.len() / WORD;
    let mut words = Word::allocate_zeroed_vec(own_words + PAD_WORDS);
    Word::words_to_bytes_mut(&mut words)[..own.len()].copy_from_slice(own);

    let attached = contents.get_segments_for_output();
    let last = attached.len() as u64;
    let root = attached[0].get(..WORD).and_then(|root| Some(u64::from_le_bytes(root.try_into().ok()?)));
    let root = root.ok_or_else(unexpected)?;
    let at = content_at(&words[..own_words]).ok_or_else(unexpected)?;
    set(&mut words, at, far(last, own_words as u64) | DOUBLE);
    set(&mut words, own_words, far(0, 1 + u64::from(root as u32 >> 2)));
    set(&mut words, own_words + 1, root & SIZES);

    let count = attached.len() + 1;
    let mut before = Vec::with_capacity((count / 2 + 2) * WORD);
    before.extend((count as u32 - 1).to_le_bytes());
    for bytes in attached.iter().map(|segment| segment.len()).chain([words.len() * WORD]) {
        let words = u32::try_from(bytes / WORD).map_err(|_| unexpected())?;
        before.extend(words.to_le_bytes());
    }
    if count.is_multiple_of(2) {
        before.extend([0; 4]);
    }
    before.extend(far(last, 0).to_le_bytes());
    Ok((before, Word::words_to_bytes(&words).to_vec()))
}

const WORD: usize = size_of::<Word>();
/// What a far pointer with two words at its end has there.
const PAD_WORDS: usize = 2;
const DOUBLE: u64 = 1 << 2;
/// Where a pointer to a struct says how large it is.
const SIZES: u64 = !0 << 32;

/// A far pointer to a word of a segment.
fn far(segment: u64, word: u64) -> u64 {
    2 | word << 3 | segment << 32
}

fn set(words: &mut [Word], at: usize, pointer: u64) {
    Word::words_to_bytes_mut(&mut words[at..=at]).copy_from_slice(&pointer.to_le_bytes());
}

impl Chunk {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Segments(message) => {
                message.get_segments_for_output().iter().map(|segment| segment.len()).sum::<usize>() - WORD
            }
        }
    }

    /// Adds what is left of it behind the next `skip` bytes, of which it takes off those that it has.
    pub(crate) fn slices<'a>(&'a self, skip: &mut usize, slices: &mut Vec<IoSlice<'a>>) {
        let mut add = |part: &'a [u8]| {
            let skipped = part.len().min(*skip);
            *skip -= skipped;
            if skipped < part.len() {
                slices.push(IoSlice::new(&part[skipped..]));
            }
        };
        match self {
            Self::Bytes(bytes) => add(bytes),
            Self::Segments(message) => {
                // The first word is not sent.
                let segments = message.get_segments_for_output();
                let parts = segments.iter().enumerate();
                parts.for_each(|(at, segment)| add(if at == 0 { &segment[WORD..] } else { segment }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use capnp::{data_list, message::ReaderOptions, serialize};
    use capnp_rpc::rpc_capnp::message;

    use super::*;
    use crate::segments::contents;

    /// Their first segment has room for some of the elements, to which a list in another segment then refers.
    fn list(count: u32) -> Contents {
        let mut contents = contents();
        let ret = contents.init_root::<capnp_rpc::rpc_capnp::payload::Builder<'_>>();
        let mut list: data_list::Builder<'_> = ret.get_content().initn_as(count);
        for number in 0..count {
            list.set(number, &number.to_le_bytes());
        }
        contents
    }

    #[test]
    fn contents_of_any_number_of_segments_arrive() {
        for count in [1, 50, 300, 5000] {
            let contents = list(count);
            assert!(can_attach(&contents));
            let mut carrier = Builder::new_default();
            let ret = carrier.init_root::<message::Builder<'_>>().init_return();
            // A struct: any will do, it is never read.
            ret.init_results().get_content().init_as::<capnp_rpc::rpc_capnp::finish::Builder<'_>>();

            let (mut bytes, after) = carry(&carrier, &contents).unwrap();
            let segments = Chunk::Segments(Box::new(contents));
            let before = bytes.len();
            // However much of it was sent before.
            for sent in [0, 1, segments.len() / 2, segments.len()] {
                let mut slices = Vec::new();
                segments.slices(&mut { sent }, &mut slices);
                bytes.truncate(before + sent);
                slices.iter().for_each(|slice| bytes.extend_from_slice(slice));
            }
            assert_eq!(bytes.len() - before, segments.len());
            bytes.extend(after);

            let read = serialize::read_message(&mut &bytes[..], ReaderOptions::new()).unwrap();
            let message::Return(ret) = read.get_root::<message::Reader<'_>>().unwrap().which().unwrap() else {
                panic!()
            };
            let capnp_rpc::rpc_capnp::return_::Results(payload) = ret.unwrap().which().unwrap() else { panic!() };
            let inner: capnp_rpc::rpc_capnp::payload::Reader<'_> = payload.unwrap().get_content().get_as().unwrap();
            let list: data_list::Reader<'_> = inner.get_content().get_as().unwrap();
            assert_eq!(list.len(), count);
            for (number, element) in list.iter().enumerate() {
                assert_eq!(element.unwrap(), (number as u32).to_le_bytes());
            }
        }
    }
}
