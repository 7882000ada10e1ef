//! The types of the tests.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::Ipv4Addr,
    path::PathBuf,
    time::Duration,
};

use ipc_core::Exception;
use ipc_macros::Value;
use proptest::{arbitrary::StrategyFor, collection::vec, prelude::*, strategy::Map};

#[derive(Clone, Copy, Debug, PartialEq, Value)]
pub(crate) struct Numbers {
    bytes: (u8, i8),
    shorts: (u16, i16),
    ints: (u32, i32),
    longs: (u64, i64),
    wide: (u128, i128),
    sizes: (usize, isize),
    floats: (f32, f64),
    others: (bool, char, ()),
}

impl Numbers {
    pub(crate) const MAX: Self = Self {
        bytes: (u8::MAX, i8::MAX),
        shorts: (u16::MAX, i16::MAX),
        ints: (u32::MAX, i32::MAX),
        longs: (u64::MAX, i64::MAX),
        wide: (u128::MAX, i128::MAX),
        sizes: (usize::MAX, isize::MAX),
        floats: (f32::INFINITY, f64::MAX),
        others: (true, char::MAX, ()),
    };
    pub(crate) const MIN: Self = Self {
        bytes: (0, i8::MIN),
        shorts: (0, i16::MIN),
        ints: (0, i32::MIN),
        longs: (0, i64::MIN),
        wide: (0, i128::MIN),
        sizes: (0, isize::MIN),
        floats: (f32::NEG_INFINITY, f64::MIN_POSITIVE),
        others: (false, '\0', ()),
    };
}

/// A strategy for a type is one for a tuple of its fields, and a function that puts them together.
macro_rules! arbitrary {
    ($type:ident: $($field:ident: $of:ty),*) => {
        impl Arbitrary for $type {
            type Parameters = ();
            type Strategy = Map<StrategyFor<($($of,)*)>, fn(($($of,)*)) -> Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                any::<($($of,)*)>().prop_map(|($($field,)*)| Self { $($field),* })
            }
        }
    };
}

arbitrary!(Numbers: bytes: (u8, i8), shorts: (u16, i16), ints: (u32, i32), longs: (u64, i64), wide: (u128, i128),
    sizes: (usize, isize), floats: (f32, f64), others: (bool, char, ()));

type Entries = HashMap<String, (u8, bool)>;

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Collections {
    text: String,
    data: Vec<u8>,
    lists: (Vec<i16>, Vec<bool>),
    texts: Vec<Option<String>>,
    nested: (Vec<Vec<u32>>, [u64; 3]),
    option: Option<Option<u32>>,
    result: Result<u8, String>,
    maps: (Entries, BTreeMap<u16, Vec<u8>>),
    sets: (HashSet<String>, BTreeSet<i32>),
    other: (PathBuf, Option<Vec<u32>>, Box<u8>),
}

arbitrary!(Collections: text: String, data: Vec<u8>, lists: (Vec<i16>, Vec<bool>), texts: Vec<Option<String>>,
    nested: (Vec<Vec<u32>>, [u64; 3]), option: Option<Option<u32>>, result: Result<u8, String>,
    maps: (Entries, BTreeMap<u16, Vec<u8>>), sets: (HashSet<String>, BTreeSet<i32>),
    other: (PathBuf, Option<Vec<u32>>, Box<u8>));

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Tree {
    name: String,
    children: Vec<Self>,
    left: Option<Box<Self>>,
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<String>().prop_map(|name| Tree { name, children: vec![], left: None });
    leaf.prop_recursive(4, 24, 3, |tree| {
        (any::<String>(), vec(tree.clone(), 0..3), prop::option::of(tree)).prop_map(|(name, children, left)| Tree {
            name,
            children,
            left: left.map(Box::new),
        })
    })
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) enum Figure {
    Empty,
    Circle(f64),
    #[value(name = "box")]
    Rect {
        w: u32,
        #[value(name = "height", default = 3)]
        h: u32,
        r#type: Option<String>,
    },
    Many(Vec<Self>),
    Both(Box<Self>, Option<u8>),
    Nothing {},
}

pub(crate) fn figure() -> impl Strategy<Value = Figure> {
    let leaf = prop_oneof![
        Just(Figure::Empty),
        Just(Figure::Nothing {}),
        any::<f64>().prop_map(Figure::Circle),
        any::<(u32, u32, Option<String>)>().prop_map(|(w, h, r#type)| Figure::Rect { w, h, r#type }),
    ];
    leaf.prop_recursive(4, 24, 3, |figure| {
        prop_oneof![
            vec(figure.clone(), 0..3).prop_map(Figure::Many),
            (figure, any::<Option<u8>>()).prop_map(|(figure, number)| Figure::Both(Box::new(figure), number)),
        ]
    })
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<Box<Self>>,
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Grid<T, const N: usize> {
    pub(crate) cells: [T; N],
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Unit;

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Empty {}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Height(pub(crate) u32);

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Both(pub(crate) u32, pub(crate) String);

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Code(#[value(with = decimal)] pub(crate) i32);

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Keywords {
    pub(crate) r#type: u8,
    pub(crate) r#fn: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Value)]
pub(crate) enum Color {
    Red,
    #[value(name = "grass")]
    Green,
    Blue,
}

#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[repr(i32)]
pub(crate) enum Signed {
    Bad = -1,
    Good = 7,
    Next,
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Defaults {
    #[value(default = true)]
    pub(crate) on: bool,
    #[value(default = -3)]
    pub(crate) small: i8,
    #[value(default = 0.5)]
    pub(crate) half: f64,
    #[value(default = f64::MAX)]
    pub(crate) most: f64,
    #[value(with = milliseconds, default = 250_u32)]
    pub(crate) timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Value)]
#[value(name = "Renamed")]
pub(crate) struct Declared {
    #[value(name = "firstOfAll", has, ordinal = 1)]
    pub(crate) first: Option<String>,
    #[value(has, ordinal = 2)]
    pub(crate) second: Option<u8>,
    #[value(ordinal = 0)]
    pub(crate) third: bool,
}

/// Serde knows it, `Value` does not.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) list: Vec<Option<char>>,
}

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Carrier {
    pub(crate) before: u8,
    #[value(opaque)]
    pub(crate) foreign: Foreign,
    pub(crate) after: i8,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Value)]
#[value(opaque)]
pub(crate) struct Blob(pub(crate) String, pub(crate) usize);

type Addresses = Vec<Option<Ipv4Addr>>;

#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) struct Hooked {
    #[value(with = address)]
    one: Ipv4Addr,
    #[value(with = option(address))]
    maybe: Option<Ipv4Addr>,
    #[value(with = list(option(address)))]
    many: Addresses,
}

arbitrary!(Hooked: one: Ipv4Addr, maybe: Option<Ipv4Addr>, many: Vec<Option<Ipv4Addr>>);

/// The error of an interface's methods.
#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) enum Failure {
    NotFound(u32),
    #[value(exception)]
    Ipc(Exception),
    Full,
}

impl From<Exception> for Failure {
    fn from(exception: Exception) -> Self {
        Self::Ipc(exception)
    }
}

/// An address as a number.
pub(crate) mod address {
    use std::net::Ipv4Addr;

    use ipc_core::{
        Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    pub(crate) const KIND: Kind = u32::KIND;

    pub(crate) fn ty() -> Type {
        u32::ty()
    }

    pub(crate) fn write<W: Writer>(value: &Ipv4Addr, writer: W) -> Result<()> {
        writer.prim(u32::from(*value))
    }

    pub(crate) fn read<R: Reader>(reader: R) -> Result<Ipv4Addr> {
        reader.prim::<u32>().map(Ipv4Addr::from)
    }
}

/// A time as a number of milliseconds.
pub(crate) mod milliseconds {
    use std::time::Duration;

    use ipc_core::{
        Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    pub(crate) const KIND: Kind = u32::KIND;

    pub(crate) fn ty() -> Type {
        u32::ty()
    }

    pub(crate) fn write<W: Writer>(value: &Duration, writer: W) -> Result<()> {
        writer.prim(value.as_millis() as u32)
    }

    pub(crate) fn read<R: Reader>(reader: R) -> Result<Duration> {
        reader.prim::<u32>().map(|number| Duration::from_millis(number.into()))
    }
}

/// A number as text.
pub(crate) mod decimal {
    use ipc_core::{
        Exception, ExceptionKind, Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    pub(crate) const KIND: Kind = String::KIND;

    pub(crate) fn ty() -> Type {
        String::ty()
    }

    pub(crate) fn write<W: Writer>(value: &i32, writer: W) -> Result<()> {
        writer.text(&value.to_string())
    }

    pub(crate) fn read<R: Reader>(reader: R) -> Result<i32> {
        reader.text()?.parse().map_err(|error| Exception::new(ExceptionKind::Protocol, format!("{error}")))
    }
}

/// Names that an expansion might have used for something else.
#[allow(dead_code, reason = "they only shadow")]
pub(crate) mod shadowed {
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Some;
    pub(crate) struct Ok;
    pub(crate) struct Kind;
    pub(crate) struct String;
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod ipc_core {}

    #[derive(Clone, Debug, PartialEq, ipc_macros::Value)]
    pub(crate) struct Value {
        pub(crate) result: u8,
    }
}

macro_rules! made {
    ($name:ident { $($field:ident: $type:ty),* }) => {
        #[derive(Clone, Debug, PartialEq, Value)]
        pub(crate) struct $name {
            pub(crate) number: u8,
            $(pub(crate) $field: $type),*
        }
    };
}

made!(Made { text: String });

/// An error that only ever wraps an exception.
#[derive(Clone, Debug, PartialEq, Value)]
pub(crate) enum Only {
    #[value(exception)]
    Ipc(Exception),
}
