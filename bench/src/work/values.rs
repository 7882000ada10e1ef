//! What crosses beside plain numbers.

use std::sync::LazyLock;

use ipc_macros::Value;
use serde::{Deserialize, Serialize};

/// How many [`Item`]s a list has.
pub(crate) const LIST: usize = 10_000;

/// A struct of twenty fields of many types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Value)]
#[cfg_attr(feature = "peers", derive(zbus::Type))]
pub(crate) struct Twenty {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) created: u64,
    pub(crate) changed: u64,
    pub(crate) balance: i64,
    pub(crate) offset: i64,
    pub(crate) height: u32,
    pub(crate) version: u32,
    pub(crate) flags: u32,
    pub(crate) delta: i32,
    pub(crate) error: i32,
    pub(crate) progress: f64,
    pub(crate) rate: f64,
    pub(crate) weight: f32,
    pub(crate) enabled: bool,
    pub(crate) visible: bool,
    pub(crate) finished: bool,
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(with = "serde_bytes")]
    pub(crate) hash: Vec<u8>,
}

impl Twenty {
    pub(crate) fn example() -> Self {
        Self {
            id: 0x0123_4567_89ab_cdef,
            parent: 17,
            created: 1_231_006_505,
            changed: 1_700_000_000,
            balance: -2_100_000_000_000_000,
            offset: 8,
            height: 840_000,
            version: 2,
            flags: 0x8000_0001,
            delta: -1,
            error: 0,
            progress: 0.625,
            rate: 1e-8,
            weight: 4.0,
            enabled: true,
            visible: false,
            finished: true,
            name: "a wallet's name".into(),
            label: "ünïcödé".into(),
            hash: (0..32).collect(),
        }
    }
}

/// One of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Value)]
#[cfg_attr(feature = "peers", derive(zbus::Type))]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) time: u64,
    pub(crate) amount: i64,
    pub(crate) height: u32,
    pub(crate) spent: bool,
}

impl Item {
    /// What one takes bare, in bytes.
    pub(crate) const BARE: usize = 8 + 8 + 8 + 4 + 1;
}

/// [`LIST`] of them, all different.
pub(crate) fn list() -> &'static [Item] {
    static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(|| {
        (0..LIST as u64)
            .map(|id| Item { id, time: (id << 32) | id, amount: -(id as i64), height: id as u32, spent: id % 3 == 0 })
            .collect()
    });
    &ITEMS
}

/// So many bytes.
pub(crate) fn payload(length: usize) -> Vec<u8> {
    vec![0x5a; length]
}
