use std::collections::HashMap;

use ipc_macros::Value;
use proptest::{collection::vec, prelude::*};

use super::*;

#[derive(Clone, Debug, PartialEq, Value)]
struct Tree {
    name: String,
    children: Vec<Self>,
    next: Option<Box<Self>>,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Figure {
    Empty,
    Number(u16),
    Pair { name: String, flag: Option<bool> },
    Many(Vec<Self>),
    Maybe(Option<Option<u32>>),
}

type Call = dyn Fn(u32) -> Result<()> + Send + Sync;

/// One of everything that a reader goes into.
type All = (Tree, Figure, HashMap<u8, Vec<Option<String>>>, Vec<bool>, Vec<Vec<u8>>, Option<Arc<Call>>, [u64; 2]);

/// The pointer to parameters of a context and one more pointer, and the context.
const PARAMS: [u64; 2] = [2 << 48, 0];

/// A pointer to a list of structs right behind it, whose tag claims `count` of no words.
fn empty_structs(count: u64) -> Vec<u64> {
    [&PARAMS[..], &[1 | 7 << 32, count << 2]].concat()
}

#[test]
fn a_short_message_cannot_claim_much_memory() {
    type Large = (u64, u64, u64, u64, u64, u64);
    let error = read::<Vec<Large>>(&empty_structs(8_000_000), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
    // What such a message may take is bounded by its own size, far below the limit for any message.
    let error = read::<Vec<Large>>(&empty_structs(400_000), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
    assert_eq!(read::<Vec<Large>>(&empty_structs(1000), &Limits::default()).unwrap().len(), 1000);
}

#[test]
fn a_list_of_nothing_costs_something() {
    let nothing = |count: u64| [&PARAMS[..], &[1 | count << 35]].concat();
    assert_eq!(read::<Vec<()>>(&nothing(1000), &Limits::default()).unwrap().len(), 1000);
    let error = read::<Vec<()>>(&nothing((1 << 29) - 1), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
}

#[test]
fn memory_is_bounded() {
    let mut limits = Limits::default();
    limits.value_bytes = 1000;
    let sent = encode_params::<Echo<Vec<u8>>, 0, _, _>(&(vec![0u8; 1001],), &Table::default(), &Limits::default());
    let decoded = decode_params::<Echo<Vec<u8>>, 0, (Vec<u8>,), _>(payload(&sent.unwrap()), &Table::default(), &limits);
    assert_eq!(decoded.unwrap_err().kind(), ExceptionKind::TooLarge);
}

#[test]
fn what_is_too_large_is_not_written() {
    let mut limits = Limits::default();
    limits.message_bytes = 1000;
    let error = |value: Vec<String>| {
        encode_params::<Echo<Vec<String>>, 0, _, _>(&(value,), &Table::default(), &limits).err().map(|e| e.kind())
    };
    assert_eq!(error(vec!["short".into()]), None);
    assert_eq!(error(vec!["long".repeat(300)]), Some(ExceptionKind::TooLarge));
    assert_eq!(error(vec![String::new(); 200]), Some(ExceptionKind::TooLarge));
}

#[test]
fn nesting_is_bounded() {
    // A tree whose `next` is the tree itself: its pointer, behind those to `name` and `children`, goes back to them.
    let itself = (-3i64 as u64 & 0x3fff_ffff) << 2 | 3 << 48;
    let words = [2 << 48, 0, 3 << 48, 0, 0, itself];
    let error = read::<Tree>(&words, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
    let mut limits = Limits::default();
    limits.value_depth = 10;
    assert_eq!(read::<Tree>(&words, &limits).unwrap_err().kind(), ExceptionKind::TooLarge);
}

#[test]
fn text_that_is_not_utf_8_is_an_error_of_that_value() {
    let words = [PARAMS[0], PARAMS[1], 1 | 2 << 32 | 3 << 35, u64::from_le_bytes([0xc3, 0x28, 0, 0, 0, 0, 0, 0])];
    assert_eq!(read::<String>(&words, &Limits::default()).unwrap_err().kind(), ExceptionKind::Protocol);
    assert_eq!(read::<Vec<u8>>(&words, &Limits::default()).unwrap(), [0xc3, 0x28, 0]);
}

#[test]
fn text_without_its_end_mark_is_an_error() {
    let words = [PARAMS[0], PARAMS[1], 1 | 2 << 32 | 2 << 35, u64::from_le_bytes(*b"abc\0\0\0\0\0")];
    assert_eq!(read::<String>(&words, &Limits::default()).unwrap_err().kind(), ExceptionKind::Protocol);
}

/// A `Value` that lies about what it writes and reads.
#[derive(Debug)]
struct Liar;

impl Value for Liar {
    const KIND: ipc_core::value::Kind = <u8 as Value>::KIND;
    const FINGERPRINT: u64 = 1;

    fn ty() -> ipc_core::value::Type {
        u8::ty()
    }

    fn write<W: ipc_core::value::Writer>(&self, writer: W) -> Result<()> {
        writer.prim(u64::MAX)
    }

    fn read<R: ipc_core::value::Reader>(reader: R) -> Result<Self> {
        reader.text().map(|_| Self)
    }
}

#[test]
fn a_value_that_lies_about_itself_harms_nobody() {
    assert_eq!(round(Liar).unwrap_err().kind(), ExceptionKind::Protocol);
    assert_eq!(round(vec![Liar]).unwrap_err().kind(), ExceptionKind::Protocol);
    assert_eq!(read::<Liar>(&[0], &Limits::default()).unwrap_or(Liar).write_kind(), <u8 as Value>::KIND);
}

impl Liar {
    fn write_kind(&self) -> ipc_core::value::Kind {
        Self::KIND
    }
}

/// Words that are often pointers to something.
fn word() -> impl Strategy<Value = u64> {
    let near = (0..4u64, -6..6i64, any::<u32>())
        .prop_map(|(kind, offset, size)| kind | (offset as u64 & 0x3fff_ffff) << 2 | u64::from(size) << 32);
    let record = (-4..6i64, 0..3u64, 0..5u64)
        .prop_map(|(offset, data, pointers)| (offset as u64 & 0x3fff_ffff) << 2 | data << 32 | pointers << 48);
    let list = (-4..6i64, 0..8u64, 0..20u64)
        .prop_map(|(offset, size, count)| 1 | (offset as u64 & 0x3fff_ffff) << 2 | size << 32 | count << 35);
    let far =
        (0..8u64, 0..2u64, 0..3u64).prop_map(|(offset, double, segment)| 2 | double << 2 | offset << 3 | segment << 32);
    let cap = (0..4u64).prop_map(|index| 3 | index << 32);
    prop_oneof![1 => any::<u64>(), 1 => 0..100u64, 1 => near, 4 => record, 4 => list, 1 => far, 1 => cap]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn garbage_is_read_or_refused(first in vec(word(), 1..24), second in vec(word(), 0..8)) {
        let bytes = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let (first, second) = (bytes(&first), bytes(&second));
        let limits = Limits::default();
        let _ = read_segments::<All>(&[&first, &second], &limits);
        let _ = read_segments::<Vec<Figure>>(&[&first, &second], &limits);
        let _ = read_segments::<Tree>(&[&first, &second], &limits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_message_that_lost_words_or_bits_is_read_or_refused(
        numbers in any::<(u8, String, Vec<bool>, Vec<Vec<u8>>, [u64; 2])>(), cut in any::<usize>(),
        flips in vec(any::<(usize, u8)>(), 0..4),
    ) {
        let (key, name, flags, blobs, fixed) = numbers;
        let leaf = Tree { name: name.clone(), children: vec![], next: None };
        let tree = Tree { name: name.clone(), children: vec![leaf.clone(), leaf.clone()], next: Some(Box::new(leaf)) };
        let figure = Figure::Many(vec![Figure::Empty, Figure::Pair { name: name.clone(), flag: Some(true) }]);
        let map = HashMap::from([(key, vec![None, Some(name)])]);
        let call: Arc<Call> = Arc::new(|_| Ok(()));
        let sent: All = (tree, figure, map, flags, blobs, Some(call), fixed);
        let message = encode_params::<Echo<All>, 0, _, _>(&(sent,), &Table::default(), &Limits::default()).unwrap();
        // The first word counts the segments; there is one unless much was drawn.
        let mut words = bytes(message).split_off(8);
        for (at, bit) in flips {
            let at = at % words.len();
            words[at] ^= 1 << (bit % 8);
        }
        words.truncate(8 * (cut % (words.len() / 8) + 1));
        let _ = read_segments::<All>(&[&words], &Limits::default());
    }
}
