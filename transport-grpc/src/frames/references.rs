//! How many references to objects an envelope has: counted where they stand, before memory is taken for them.

use ipc_core::Result;

use crate::encoding::wire::{self, Content, Raw};

/// Where payloads are, by the numbers of `proto/ipc/session.proto`: the field of an envelope, and the fields of that.
const PAYLOADS: [(u32, &[u32]); 2] = [(4, &[8]), (6, &[2, 3])];

/// The references in a payload.
const OBJECTS: u32 = 2;

/// How many there are. A field that is there in pieces has those of all of them.
///
/// # Errors
///
/// `Protocol` if it is no message.
pub(super) fn count(envelope: &[u8]) -> Result<usize> {
    let mut all = 0;
    each(envelope, |number, content| {
        let Some((_, payloads)) = PAYLOADS.iter().find(|(field, _)| *field == number) else { return Ok(()) };
        each(content, |number, payload| {
            if !payloads.contains(&number) {
                return Ok(());
            }
            each(payload, |number, _| {
                all += usize::from(number == OBJECTS);
                Ok(())
            })
        })
    })?;
    Ok(all)
}

/// Calls `visit` for each message, text or bytes among the fields.
fn each<'a>(mut message: &'a [u8], mut visit: impl FnMut(u32, &'a [u8]) -> Result<()>) -> Result<()> {
    while let Some(Raw { number, content }) = wire::next(&mut message)? {
        if let Content::Bytes(bytes) = content {
            visit(number, bytes)?;
        }
    }
    Ok(())
}
