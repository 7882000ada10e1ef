//! C1: what arrives is what was sent.

use std::{
    ffi::OsString,
    net::SocketAddr,
    os::unix::ffi::OsStringExt,
    time::{Duration, UNIX_EPOCH},
};

use ipc_core::{ExceptionKind::Protocol, Opaque};

use crate::{
    case::{Case, cases},
    cases::tools::kind,
    interfaces::{Collections, Figure, LabError, Numbers, Opaques, Tree},
    world::World,
};

pub(super) const CASES: &[Case] = cases! {
    C1 ALL numbers_at_the_edges;
    C1 ALL nan_keeps_its_bits;
    C1 ALL collections_empty_and_full;
    C1 ALL text_of_all_kinds;
    C1 ALL recursive_values;
    C1 ALL enums_with_data;
    C1 ALL opaque_values;
    C1 ALL types_of_others_by_a_hook;
    C1 ALL what_a_hook_refuses_fails_that_call_alone;
    C1 ALL several_results_by_name;
    C1 ALL bytes_up_to_16_mib;
    C1 ALL errors_up_to_1_mib;
    C1 ALL random_values;
};

const MAX: Numbers = Numbers {
    bytes: (u8::MAX, i8::MAX),
    shorts: (u16::MAX, i16::MAX),
    ints: (u32::MAX, i32::MAX),
    longs: (u64::MAX, i64::MAX),
    wide: (u128::MAX, i128::MAX),
    sizes: (usize::MAX, isize::MAX),
    floats: (f32::INFINITY, f64::MAX),
    others: (true, char::MAX, ()),
};

const MIN: Numbers = Numbers {
    bytes: (0, i8::MIN),
    shorts: (0, i16::MIN),
    ints: (0, i32::MIN),
    longs: (0, i64::MIN),
    wide: (0, i128::MIN),
    sizes: (0, isize::MIN),
    floats: (f32::NEG_INFINITY, f64::MIN_POSITIVE),
    others: (false, '\0', ()),
};

fn numbers_at_the_edges(world: &World) {
    let client = world.client();
    for numbers in [MAX, MIN, Numbers { floats: (f32::MIN_POSITIVE / 2.0, -f64::MAX), ..MIN }] {
        assert_eq!(client.numbers(numbers), Ok(numbers));
    }
}

fn nan_keeps_its_bits(world: &World) {
    let client = world.client();
    for (single, double) in [(0x7fc0_0000, 0x7ff8_0000_0000_0000), (0xffc1_2345, 0xfff8_0000_0001_2345)] {
        let floats = (f32::from_bits(single), f64::from_bits(double));
        let back = client.numbers(Numbers { floats, ..MAX }).unwrap().floats;
        assert_eq!((back.0.to_bits(), back.1.to_bits()), (single, double));
    }
    // As numbers they are equal.
    let back = client.numbers(Numbers { floats: (-0.0, -0.0), ..MAX }).unwrap().floats;
    assert!(back.0.is_sign_negative() && back.1.is_sign_negative());
}

fn collections_empty_and_full(world: &World) {
    let client = world.client();
    let empty = Collections::default();
    assert_eq!(client.collections(empty.clone()), Ok(empty.clone()));
    let full = Collections {
        text: "t".repeat(1000),
        data: (0..=255).collect(),
        lists: (vec![i16::MIN, -1, 0, i16::MAX], vec![true; 77], vec![(); 5]),
        texts: vec![None, Some(String::new()), Some("x".into()), None],
        nested: (vec![vec![], vec![1, u32::MAX], vec![]], [0, 1, u64::MAX]),
        options: (Some(0), Some(Some(7)), Some(vec![0]), Some(false)),
        maps: ((0..300).map(|n| (n.to_string(), n)).collect(), [(0, vec![]), (u16::MAX, vec![1])].into()),
        sets: (["a".to_owned(), "b".to_owned()].into(), [i32::MIN, 0, i32::MAX].into()),
        path: OsString::from_vec(b"/tmp/\xff\xfe not text".to_vec()).into(),
        duration: Duration::MAX,
        time: Some(UNIX_EPOCH - Duration::new(77, 1)),
    };
    assert_eq!(client.collections(full.clone()), Ok(full.clone()));
    // What is there and empty is not what is missing.
    for options in [(None, Some(None), None, None), (Some(0), None, Some(vec![]), Some(true))] {
        let collections = Collections { options, time: Some(UNIX_EPOCH + Duration::from_nanos(1)), ..empty.clone() };
        assert_eq!(client.collections(collections.clone()), Ok(collections));
    }
}

fn text_of_all_kinds(world: &World) {
    let client = world.client();
    let texts = ["", "\0", "a\0b", "ä€𝄞", "\u{10ffff}", "\u{feff}bom", "line\nline\r\n"];
    for text in texts.map(str::to_owned).into_iter().chain([7, 8, 9, 1 << 16].map(|n| "n".repeat(n))) {
        assert_eq!(client.text(text.clone()), Ok(text));
    }
}

fn recursive_values(world: &World) {
    let leaf = |name: &str| Tree { name: name.into(), ..Tree::default() };
    let mut deep = leaf("deep");
    // Well below the default limit of 64, of which a list takes a level of its own.
    for n in 0..20 {
        let name = n.to_string();
        deep = if n % 2 == 0 {
            Tree { name, children: vec![leaf(""), deep], left: None }
        } else {
            Tree { name, children: vec![], left: Some(Box::new(deep)) }
        };
    }
    assert_eq!(world.client().tree(deep.clone()), Ok(deep));
}

fn enums_with_data(world: &World) {
    let client = world.client();
    let all = vec![
        Figure::Empty,
        Figure::Circle(-0.5),
        Figure::Rect { w: 0, h: u32::MAX, note: None },
        Figure::Rect { w: 1, h: 0, note: Some(String::new()) },
        Figure::Many(vec![]),
        Figure::Both(Box::new(Figure::Empty), Some(0)),
        Figure::Both(Box::new(Figure::Both(Box::new(Figure::Circle(1.0)), None)), None),
    ];
    for figure in all.iter().cloned().chain([Figure::Many(all.clone())]) {
        assert_eq!(client.figure(figure.clone()), Ok(figure));
    }
}

fn opaque_values(world: &World) {
    let client = world.client();
    for text in ["", "opaque"] {
        let value = Opaques { text: text.into(), pairs: vec![(0, String::new()), (255, text.into())] };
        assert_eq!(client.opaque(Opaque(value.clone())), Ok(Opaque(value)));
    }
}

fn types_of_others_by_a_hook(world: &World) {
    let client = world.client();
    let all = ["127.0.0.1:8333", "[::1]:1", "[2001:db8::7]:65535"].map(|text| text.parse::<SocketAddr>().unwrap());
    for (address, port) in all.into_iter().zip([1, 80, u16::MAX]) {
        assert_eq!(client.address(address, port), Ok(SocketAddr::new(address.ip(), port)));
    }
    let mixed: Vec<_> = all.into_iter().map(Some).chain([None]).collect();
    assert_eq!(client.addresses(mixed.clone()), Ok(mixed));
    assert_eq!(client.addresses(vec![]), Ok(vec![]));
}

fn what_a_hook_refuses_fails_that_call_alone(world: &World) {
    let client = world.client();
    let address = "127.0.0.1:8333".parse::<SocketAddr>().unwrap();
    for _ in 0..3 {
        // As an argument here, as a result there.
        assert_eq!(kind(client.address(SocketAddr::new(address.ip(), 0), 1)), Protocol);
        assert_eq!(kind(client.address(address, 0)), Protocol);
        assert_eq!(client.address(address, 1).map(|address| address.port()), Ok(1));
    }
}

fn several_results_by_name(world: &World) {
    let client = world.client();
    for number in [i64::MIN, -1, 0, i64::MAX] {
        let sent = (number, number.to_string(), number.to_le_bytes().to_vec());
        assert_eq!(client.several(sent.0, sent.1.clone(), sent.2.clone()), Ok(sent));
    }
    assert_eq!(client.nothing(), Ok(()));
    assert_eq!(client.add_now(u32::MAX, 2), Ok(1));
}

fn bytes_up_to_16_mib(world: &World) {
    let client = world.client();
    for length in [0, 1, 7, 8, 4095, 4096, (64 << 10) - 1, 1 << 20, 16 << 20] {
        let salt = world.random() as usize;
        let bytes: Vec<u8> = (0..length).map(|n: usize| (n.wrapping_mul(31) ^ (n >> 9) ^ salt) as u8).collect();
        // Not with `assert_eq`, which would print them.
        assert!(client.bytes(bytes.clone()).unwrap() == bytes, "{length} bytes came back changed");
    }
    let text = "é".repeat(8 << 20);
    assert!(client.text(text.clone()).unwrap() == text, "16 MiB of text came back changed");
}

fn errors_up_to_1_mib(world: &World) {
    let client = world.client();
    for length in [0, 1, 1000, 1 << 20] {
        let error = LabError::Failed { code: i32::MIN, reason: "e".repeat(length) };
        assert!(client.fail(error.clone()) == Err(error), "an error with {length} bytes came back changed");
    }
    assert_eq!(client.fail(LabError::Refused), Err(LabError::Refused));
}

fn random_values(world: &World) {
    let client = world.client();
    for _ in 0..200 {
        let (a, b) = (world.random(), world.random());
        let numbers = Numbers {
            bytes: (a as u8, b as i8),
            shorts: (a as u16, b as i16),
            ints: (a as u32, b as i32),
            longs: (a, b as i64),
            wide: (u128::from(a) << 64 | u128::from(b), i128::from(b as i64) << 40 ^ i128::from(a)),
            sizes: (a as usize, b as isize),
            floats: (a as f32, b as f64),
            others: (a & 1 == 0, char::from_u32(b as u32 % 0xd800).unwrap(), ()),
        };
        assert_eq!(client.numbers(numbers), Ok(numbers));
        let bytes: Vec<u8> = (0..a % 300).map(|n| (b >> (n % 57)) as u8).collect();
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        let several = (a as i64, text, bytes);
        assert_eq!(client.several(several.0, several.1.clone(), several.2.clone()), Ok(several));
    }
}
