//! Structs to and from messages, field by field, as the generated code has it.

use capnp::Result;

use super::work_capnp;
use crate::work::{Item, Twenty};

pub(super) fn write_twenty(mut to: work_capnp::twenty::Builder<'_>, value: &Twenty) {
    to.set_id(value.id);
    to.set_parent(value.parent);
    to.set_created(value.created);
    to.set_changed(value.changed);
    to.set_balance(value.balance);
    to.set_offset(value.offset);
    to.set_height(value.height);
    to.set_version(value.version);
    to.set_flags(value.flags);
    to.set_delta(value.delta);
    to.set_error(value.error);
    to.set_progress(value.progress);
    to.set_rate(value.rate);
    to.set_weight(value.weight);
    to.set_enabled(value.enabled);
    to.set_visible(value.visible);
    to.set_finished(value.finished);
    to.set_name(&value.name);
    to.set_label(&value.label);
    to.set_hash(&value.hash);
}

pub(super) fn read_twenty(from: work_capnp::twenty::Reader<'_>) -> Result<Twenty> {
    Ok(Twenty {
        id: from.get_id(),
        parent: from.get_parent(),
        created: from.get_created(),
        changed: from.get_changed(),
        balance: from.get_balance(),
        offset: from.get_offset(),
        height: from.get_height(),
        version: from.get_version(),
        flags: from.get_flags(),
        delta: from.get_delta(),
        error: from.get_error(),
        progress: from.get_progress(),
        rate: from.get_rate(),
        weight: from.get_weight(),
        enabled: from.get_enabled(),
        visible: from.get_visible(),
        finished: from.get_finished(),
        name: from.get_name()?.to_string()?,
        label: from.get_label()?.to_string()?,
        hash: from.get_hash()?.to_vec(),
    })
}

pub(super) fn write_item(mut to: work_capnp::item::Builder<'_>, item: &Item) {
    to.set_id(item.id);
    to.set_time(item.time);
    to.set_amount(item.amount);
    to.set_height(item.height);
    to.set_spent(item.spent);
}

pub(super) fn read_item(from: work_capnp::item::Reader<'_>) -> Item {
    Item {
        id: from.get_id(),
        time: from.get_time(),
        amount: from.get_amount(),
        height: from.get_height(),
        spent: from.get_spent(),
    }
}
