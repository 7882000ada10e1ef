//! Objects of the peer that this side holds.

use capnp::private::capability::ClientHook;
use rustc_hash::FxHashMap;
use slab::Slab;

/// Names an import, for as long as somebody counts on it.
pub(crate) type ImportKey = usize;

/// The table of imports: each object once, with a count.
#[derive(Default)]
pub(crate) struct Imports {
    slots: Slab<Import>,
    by_pointer: FxHashMap<usize, ImportKey>,
}

struct Import {
    hook: Box<dyn ClientHook>,
    pointer: usize,
    count: usize,
}

impl Imports {
    /// Counts `hook` once more; it is in the table afterwards.
    pub(crate) fn add(&mut self, hook: Box<dyn ClientHook>) -> ImportKey {
        let pointer = hook.get_ptr();
        if let Some(key) = self.by_pointer.get(&pointer) {
            self.slots[*key].count += 1;
            return *key;
        }
        let key = self.slots.insert(Import { hook, pointer, count: 1 });
        self.by_pointer.insert(pointer, key);
        key
    }

    /// The capability itself.
    pub(crate) fn hook(&self, key: ImportKey) -> Option<Box<dyn ClientHook>> {
        self.slots.get(key).map(|import| import.hook.add_ref())
    }

    /// Counts it once less. At none the capability is given back, to be dropped where dropping may send a message.
    #[must_use]
    pub(crate) fn release(&mut self, key: ImportKey) -> Option<Box<dyn ClientHook>> {
        let import = self.slots.get_mut(key)?;
        import.count -= 1;
        if import.count > 0 {
            return None;
        }
        let import = self.slots.remove(key);
        self.by_pointer.remove(&import.pointer);
        Some(import.hook)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}
