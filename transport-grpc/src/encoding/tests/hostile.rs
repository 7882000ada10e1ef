use std::{
    any::type_name,
    collections::{BTreeMap, HashMap, HashSet},
};

use ipc_macros::Value;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::encoding::wire::Malformed;

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

fn kind<T: Value>(bytes: &[u8]) -> Option<ExceptionKind> {
    read::<T>(bytes, &Limits::default()).err().map(|error| error.kind())
}

#[test]
fn a_short_message_cannot_claim_much_memory() {
    type Large = [[u64; 6]; 4];
    // Empty elements take two bytes each here, and 200 times as much as values.
    #[derive(Debug, Value)]
    struct Holder {
        large: Option<Box<Self>>,
        #[value(opaque)]
        much: Large,
    }
    let bytes: Vec<u8> = [0x0a, 0].repeat(1 << 20);
    let error = read::<Vec<Holder>>(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
    let _: Option<Holder> = None;
}

#[test]
fn memory_is_bounded() {
    let mut limits = Limits::default();
    limits.value_bytes = 1000;
    let error = read::<Vec<u8>>(&write(vec![0u8; 1001]), &limits).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::TooLarge);
    assert!(read::<Vec<u8>>(&write(vec![0u8; 900]), &limits).is_ok());
}

/// However they are written, and however little of it there is on the wire.
#[test]
fn memory_is_bounded_for_each_entry_of_whatever_is_repeated() {
    fn bounded<T: Value>(entry: &[u8], most: usize) {
        let mut limits = Limits::default();
        limits.value_bytes = 10_000;
        let taken = |entries: usize| read::<T>(&entry.repeat(entries), &limits).map(drop).map_err(|error| error.kind());
        assert_eq!(taken(most / 2), Ok(()), "{}", type_name::<T>());
        assert_eq!(taken(most + 1), Err(ExceptionKind::TooLarge), "{}", type_name::<T>());
    }
    // Numbers one by one, and packed: eight in eleven bytes.
    bounded::<Vec<u64>>(&[0x08, 1], 10_000 / 8);
    bounded::<Vec<u64>>(&[0x0a, 9, 1, 2, 3, 4, 5, 6, 7, 0xff, 1], 10_000 / 64);
    bounded::<Vec<f32>>(&[0x0a, 8, 0, 0, 0, 0, 0, 0, 0, 0], 10_000 / 8);
    // Empty ones.
    bounded::<Vec<String>>(&[0x0a, 0], 10_000 / 24);
    bounded::<Vec<Vec<u64>>>(&[0x0a, 0], 10_000 / 24);
    bounded::<Vec<Option<u64>>>(&[0x0a, 0], 10_000 / 16);
    bounded::<Vec<Figure>>(&[0x0a, 2, 0x0a, 0], 10_000 / size_of::<Figure>());
    // The same key each time.
    bounded::<HashMap<u64, u64>>(&[0x0a, 0], 10_000 / 16);
    bounded::<HashSet<u64>>(&[0x08, 1], 10_000 / 8);
    bounded::<BTreeMap<String, String>>(&[0x0a, 0], 10_000 / 48);
}

#[test]
fn fields_that_nobody_knows_take_no_memory() {
    let mut limits = Limits::default();
    limits.value_bytes = 100;
    let unknown = [&[0x78, 1][..], &[0x7a, 3, 1, 2, 3], &[0x7b, 0x08, 1, 0x7c], &[0x7d, 1, 2, 3, 4]].concat();
    assert_eq!(read::<u8>(&[&unknown.repeat(10_000)[..], &[0x08, 7]].concat(), &limits), Ok(7));
}

#[test]
fn what_is_too_large_is_neither_written_nor_read() {
    let mut limits = Limits::default();
    limits.message_bytes = 1000;
    let error = |value: Vec<String>| write_within(value, &limits).err().map(|error| error.kind());
    assert_eq!(error(vec!["short".into()]), None);
    assert_eq!(error(vec!["long".repeat(300)]), Some(ExceptionKind::TooLarge));
    assert_eq!(error(vec![String::new(); 501]), Some(ExceptionKind::TooLarge));
    assert_eq!(read::<String>(&write("long".repeat(300)), &limits).unwrap_err().kind(), ExceptionKind::TooLarge);
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = Vec::new();
    for _ in 0..60_000 {
        let mut outer = vec![0x1a];
        prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        outer.extend_from_slice(&bytes);
        bytes = outer;
        if bytes.len() > 1 << 20 {
            break;
        }
    }
    let mut message = vec![0x0a];
    prost::encoding::encode_varint(bytes.len() as u64, &mut message);
    message.extend_from_slice(&bytes);
    assert_eq!(kind::<Tree>(&message), Some(ExceptionKind::TooLarge));
}

#[test]
fn text_that_is_not_utf_8_is_an_error_of_that_value() {
    let bytes = [0x0a, 2, 0xc3, 0x28];
    assert_eq!(kind::<String>(&bytes), Some(ExceptionKind::Protocol));
    assert_eq!(read::<Vec<u8>>(&bytes, &Limits::default()).unwrap(), [0xc3, 0x28]);
}

#[test]
fn bytes_that_are_no_message_are_told_from_values_that_do_not_fit() {
    let is_malformed = |bytes: &[u8]| {
        let error = read::<u8>(bytes, &Limits::default()).unwrap_err();
        std::error::Error::source(&error).is_some_and(|source| source.is::<Malformed>())
    };
    for bytes in [&[0x08][..], &[0x0a, 5, 1], &[0x00, 1], &[0x0f], &[0x08, 0x80], &[0x0d, 1, 2], &[0x0b, 0x08, 1]] {
        assert!(is_malformed(bytes), "{bytes:x?}");
    }
    assert!(!is_malformed(&[0x08, 0xac, 0x02]) && !is_malformed(&[0x0a, 0]));
}

#[test]
fn an_object_that_is_not_there_is_an_error() {
    let error = |bytes: &[u8]| read::<Arc<Call>>(bytes, &Limits::default()).err().unwrap().to_string();
    assert_eq!(error(&[]), "Protocol: expected an object of Fn in field number 1");
    assert_eq!(error(&[0x0a, 2, 0x08, 7]), "Protocol: no object 7 of this type");
    assert!(read::<Option<Arc<Call>>>(&[], &Limits::default()).unwrap().is_none());
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
        writer.text("a lie")
    }

    fn read<R: ipc_core::value::Reader>(reader: R) -> Result<Self> {
        reader.prim::<f64>().map(|_| Self)
    }
}

#[test]
fn a_value_that_lies_about_itself_harms_nobody() {
    assert_eq!(round(Liar).unwrap_err().kind(), ExceptionKind::Protocol);
    assert_eq!(round(vec![Liar]).unwrap_err().kind(), ExceptionKind::Protocol);
    assert_eq!(kind::<Vec<Liar>>(&[0x0a, 1, 1]), Some(ExceptionKind::Protocol));
}

/// Bytes that are often the beginning of a field.
fn byte() -> impl Strategy<Value = u8> {
    let key = (1..8u8, 0..6u8).prop_map(|(number, wire_type)| number << 3 | wire_type);
    prop_oneof![1 => any::<u8>(), 2 => 0..12u8, 3 => key]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn garbage_is_read_or_refused(bytes in vec(byte(), 0..64)) {
        let limits = Limits::default();
        let _ = read::<All>(&bytes, &limits);
        let _ = read::<Vec<Figure>>(&bytes, &limits);
        let _ = read::<Tree>(&bytes, &limits);
        let _ = read::<Vec<f32>>(&bytes, &limits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_message_that_lost_bytes_or_bits_is_read_or_refused(
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
        let mut bytes = write(sent);
        for (at, bit) in flips {
            let at = at % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
        }
        bytes.truncate(cut % (bytes.len() + 1));
        let _ = read::<All>(&bytes, &Limits::default());
    }
}
