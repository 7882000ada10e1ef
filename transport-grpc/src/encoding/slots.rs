//! Where the fields of a message are: found in one pass, since they may stand in any order.

use ipc_core::{Result, value::Field};

use super::{
    numbers,
    wire::{self, Content, Raw, Scalar},
};

/// The fields of all messages that are being read, innermost last: one allocation for all.
#[derive(Default)]
pub(super) struct Slots(Vec<FieldSlot>);

/// The fields of one message among them.
#[derive(Clone, Copy)]
pub(super) struct Frame(usize);

/// Where a field is, if it is there.
#[derive(Clone, Copy, Default)]
pub(super) struct FieldSlot {
    first: u32,
    count: u32,
    last: Last,
}

#[derive(Clone, Copy, Default)]
enum Last {
    #[default]
    Missing,
    Number(Scalar, u64),
    Bytes(u32, u32),
}

impl FieldSlot {
    /// Where it is first.
    pub(super) fn first(&self) -> usize {
        self.first as usize
    }

    /// How often it is there.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// What it is where it is last.
    pub(super) fn last<'a>(&self, message: &'a [u8]) -> Option<Content<'a>> {
        match self.last {
            Last::Missing => None,
            Last::Number(scalar, bits) => Some(Content::Number(scalar, bits)),
            Last::Bytes(from, to) => Some(Content::Bytes(&message[from as usize..to as usize])),
        }
    }
}

impl Slots {
    /// Finds the fields of a message, which is shorter than 4 GiB. Those that nobody knows are passed over.
    pub(super) fn scan(&mut self, message: &[u8], fields: &[Field]) -> Result<Frame> {
        let base = self.0.len();
        self.0.resize(base + fields.len(), FieldSlot::default());
        let found = self.find(base, message, fields);
        if found.is_err() {
            self.0.truncate(base);
        }
        found.map(|()| Frame(base))
    }

    fn find(&mut self, base: usize, message: &[u8], fields: &[Field]) -> Result<()> {
        let slots = &mut self.0[base..];
        let by_position = numbers::by_position(fields);
        let mut rest = message;
        loop {
            let at = message.len() - rest.len();
            let Some(Raw { number, content }) = wire::next(&mut rest)? else { return Ok(()) };
            let position = match by_position {
                true => number as usize - 1,
                false => (0..fields.len()).find(|n| numbers::field(fields, *n) == number).unwrap_or(fields.len()),
            };
            let Some(slot) = slots.get_mut(position) else { continue };
            if slot.count == 0 {
                slot.first = at as u32;
            }
            slot.count += 1;
            slot.last = match content {
                Content::Number(scalar, bits) => Last::Number(scalar, bits),
                Content::Bytes(bytes) => {
                    let end = message.len() - rest.len();
                    Last::Bytes((end - bytes.len()) as u32, end as u32)
                }
            };
        }
    }

    /// A field of a message.
    pub(super) fn get(&self, frame: Frame, n: usize) -> FieldSlot {
        self.0[frame.0 + n]
    }

    /// Forgets a message, and those inside of it.
    pub(super) fn pop(&mut self, frame: Frame) {
        self.0.truncate(frame.0);
    }
}
