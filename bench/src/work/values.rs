//! What crosses beside plain numbers.
//!
//! Encodings that send the names of fields get numbers, as remoc advises; to the others names make no difference.

use std::sync::LazyLock;

use ipc_macros::Value;
use serde::{Deserialize, Serialize};

/// How many [`Item`]s a list has.
pub(crate) const LIST: usize = 10_000;

/// A struct of twenty fields of many types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Value)]
#[cfg_attr(feature = "peers", derive(zbus::Type))]
pub(crate) struct Twenty {
    #[serde(rename = "_0")]
    pub(crate) id: u64,
    #[serde(rename = "_1")]
    pub(crate) parent: u64,
    #[serde(rename = "_2")]
    pub(crate) created: u64,
    #[serde(rename = "_3")]
    pub(crate) changed: u64,
    #[serde(rename = "_4")]
    pub(crate) balance: i64,
    #[serde(rename = "_5")]
    pub(crate) offset: i64,
    #[serde(rename = "_6")]
    pub(crate) height: u32,
    #[serde(rename = "_7")]
    pub(crate) version: u32,
    #[serde(rename = "_8")]
    pub(crate) flags: u32,
    #[serde(rename = "_9")]
    pub(crate) delta: i32,
    #[serde(rename = "_10")]
    pub(crate) error: i32,
    #[serde(rename = "_11")]
    pub(crate) progress: f64,
    #[serde(rename = "_12")]
    pub(crate) rate: f64,
    #[serde(rename = "_13")]
    pub(crate) weight: f32,
    #[serde(rename = "_14")]
    pub(crate) enabled: bool,
    #[serde(rename = "_15")]
    pub(crate) visible: bool,
    #[serde(rename = "_16")]
    pub(crate) finished: bool,
    #[serde(rename = "_17")]
    pub(crate) name: String,
    #[serde(rename = "_18")]
    pub(crate) label: String,
    #[serde(rename = "_19", with = "serde_bytes")]
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
    #[serde(rename = "_0")]
    pub(crate) id: u64,
    #[serde(rename = "_1")]
    pub(crate) time: u64,
    #[serde(rename = "_2")]
    pub(crate) amount: i64,
    #[serde(rename = "_3")]
    pub(crate) height: u32,
    #[serde(rename = "_4")]
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
    vec![BYTE; length]
}

/// What a [`payload`] is made of.
pub(crate) const BYTE: u8 = 0x5a;

/// How many bytes there are; none, if those at the ends are not a payload's. So whoever has them has had to look.
pub(crate) fn received(bytes: &[u8]) -> usize {
    let is_payload = [bytes.first(), bytes.last()].into_iter().flatten().all(|byte| *byte == BYTE);
    if is_payload { bytes.len() } else { 0 }
}

/// How many structs there are; none, if the last is not that of a [`list`].
pub(crate) fn received_list(items: &[Item]) -> usize {
    if items.last() == list().last() { items.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_what_was_sent_is_not_counted() {
        let mut bytes = payload(1000);
        assert_eq!(received(&bytes), 1000);
        bytes[999] = 0;
        assert_eq!(received(&bytes), 0);
        let mut items = list().to_vec();
        assert_eq!(received_list(&items), LIST);
        items[LIST - 1].spent ^= true;
        assert_eq!(received_list(&items), 0);
    }
}
