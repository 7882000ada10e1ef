//! Structs to and from messages. A program that has its own types pays for this.

use super::generated as wire;
use crate::work::{Item, Twenty};

impl From<Twenty> for wire::Twenty {
    fn from(value: Twenty) -> Self {
        Self {
            id: value.id,
            parent: value.parent,
            created: value.created,
            changed: value.changed,
            balance: value.balance,
            offset: value.offset,
            height: value.height,
            version: value.version,
            flags: value.flags,
            delta: value.delta,
            error: value.error,
            progress: value.progress,
            rate: value.rate,
            weight: value.weight,
            enabled: value.enabled,
            visible: value.visible,
            finished: value.finished,
            name: value.name,
            label: value.label,
            hash: value.hash.into(),
        }
    }
}

impl From<wire::Twenty> for Twenty {
    fn from(value: wire::Twenty) -> Self {
        Self {
            id: value.id,
            parent: value.parent,
            created: value.created,
            changed: value.changed,
            balance: value.balance,
            offset: value.offset,
            height: value.height,
            version: value.version,
            flags: value.flags,
            delta: value.delta,
            error: value.error,
            progress: value.progress,
            rate: value.rate,
            weight: value.weight,
            enabled: value.enabled,
            visible: value.visible,
            finished: value.finished,
            name: value.name,
            label: value.label,
            hash: value.hash.into(),
        }
    }
}

impl From<&Item> for wire::Item {
    fn from(item: &Item) -> Self {
        Self { id: item.id, time: item.time, amount: item.amount, height: item.height, spent: item.spent }
    }
}
