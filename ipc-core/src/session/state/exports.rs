//! Own objects that the peer holds.

use rustc_hash::FxHashMap;

use super::{Host, Passed, protocol, table::Table};
use crate::{
    exception::{Exception, ExceptionKind, Result},
    session::frame::{ObjectId, ObjectRef},
};

/// Own objects by id and by what tells them apart: one id for each, however often and as whatever it went out.
pub(super) struct Exports<H: Host> {
    table: Table<Export<H::Object>>,
    ids: FxHashMap<usize, u64>,
    limit: usize,
}

#[derive(Debug)]
struct Export<O> {
    object: O,
    /// How often it was sent and not given back.
    count: u64,
}

impl<H: Host> Exports<H> {
    pub(super) fn new(limit: usize) -> Self {
        Self { table: Table::default(), ids: FxHashMap::default(), limit }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The object with this id.
    ///
    /// # Errors
    ///
    /// `Protocol` if the peer has no such object.
    pub(super) fn get(&self, id: ObjectId) -> Result<&H::Object> {
        self.table.get(id.0).map(|export| &export.object).ok_or_else(|| forged(id))
    }

    /// All references of a message, or none of them.
    ///
    /// # Errors
    ///
    /// `Overloaded` past the limit, with the references.
    #[allow(clippy::type_complexity, reason = "what was given comes back")]
    pub(super) fn give(
        &mut self,
        objects: Vec<Passed<H::Object>>,
    ) -> Result<Vec<ObjectRef>, (Exception, Vec<Passed<H::Object>>)> {
        let mut sent = Vec::with_capacity(objects.len());
        for passed in &objects {
            sent.push(match passed {
                Passed::Peer(id) => ObjectRef::Receiver(*id),
                Passed::Own(object) => match self.give_one(object) {
                    Ok(id) => ObjectRef::Sender(id),
                    Err(why) => {
                        self.take_all_back(&sent);
                        return Err((why, objects));
                    }
                },
            });
        }
        Ok(sent)
    }

    pub(super) fn give_one(&mut self, object: &H::Object) -> Result<ObjectId> {
        let key = H::key(object);
        if let Some(id) = self.ids.get(&key) {
            if let Some(export) = self.table.get_mut(*id) {
                export.count += 1;
            }
            return Ok(ObjectId(*id));
        }
        if self.table.len() >= self.limit {
            let message = format!("the peer holds {} objects of this side already", self.limit);
            return Err(Exception::new(ExceptionKind::Overloaded, message));
        }
        let id = self.table.insert(Export { object: object.clone(), count: 1 });
        self.ids.insert(key, id);
        Ok(ObjectId(id))
    }

    /// The peer gives references back. Gives the object out if they were the last.
    ///
    /// # Errors
    ///
    /// `Protocol` if it has not that many.
    pub(super) fn take_back(&mut self, id: ObjectId, count: u64) -> Result<Option<H::Object>> {
        let export = self.table.get_mut(id.0).ok_or_else(|| forged(id))?;
        if count == 0 {
            return Err(protocol(format!("expected a release of at least one reference to {id:?}, got none")));
        }
        export.count = export.count.checked_sub(count).ok_or_else(|| {
            protocol(format!("expected a release of at most {} references to {id:?}, got {count}", export.count))
        })?;
        if export.count > 0 {
            return Ok(None);
        }
        let object = self.table.remove(id.0).map(|export| export.object);
        if let Some(object) = &object {
            self.ids.remove(&H::key(object));
        }
        Ok(object)
    }

    pub(super) fn drain(&mut self) -> Vec<H::Object> {
        self.ids.clear();
        self.table.drain().into_iter().map(|export| export.object).collect()
    }

    /// A message is not sent after all. Who has the message has its objects still.
    fn take_all_back(&mut self, sent: &[ObjectRef]) {
        for reference in sent {
            if let ObjectRef::Sender(id) = reference {
                let _ = self.take_back(*id, 1);
            }
        }
    }
}

fn forged(id: ObjectId) -> Exception {
    protocol(format!("expected an object of this side that the peer holds, got {id:?}"))
}

#[cfg(test)]
impl<H: Host<Object = u32>> Exports<H> {
    /// How often each was sent and not given back.
    pub(super) fn counts(&self) -> std::collections::BTreeMap<u64, u64> {
        self.ids.values().map(|id| (*id, self.table.get(*id).unwrap().count)).collect()
    }

    pub(super) fn objects(&self) -> std::collections::BTreeMap<u64, u32> {
        self.ids.values().map(|id| (*id, self.table.get(*id).unwrap().object)).collect()
    }
}
