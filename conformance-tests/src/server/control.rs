//! What a case asks of this process, and does to it.

use std::{sync::atomic::Ordering, time::Duration};

use ipc_core::Result;

use super::{Link, Root, lock, process_use};
use crate::interfaces::{Control, Held, ProcessUse, Threads};

impl Control for Root {
    fn process(&self) -> Result<ProcessUse> {
        Ok(process_use())
    }

    fn live(&self) -> Result<u64> {
        Ok(self.server.live.load(Ordering::SeqCst))
    }

    fn live_locals(&self) -> Result<u64> {
        Ok(self.server.locals.load(Ordering::SeqCst))
    }

    fn held(&self, number: u64) -> Result<Option<Held>> {
        Ok(self.server.connection(number).map(|connection| Held::of(&connection)))
    }

    fn close(&self, number: u64, grace_ms: u64) -> Result<Vec<String>> {
        let Some(connection) = self.server.connection(number) else { return Ok(Vec::new()) };
        let closed = connection.close(Duration::from_millis(grace_ms));
        Ok(closed.err().map(|still| still.threads).unwrap_or_default())
    }

    fn note_and_close(&self, number: u64) -> Result<()> {
        self.note(number)?;
        self.close(self.number, 0).map(drop)
    }

    fn losses(&self, number: u64) -> Result<u64> {
        match lock(&self.server.links).get(&number) {
            Some(Link::Lost(losses)) => Ok(*losses),
            _ => Ok(0),
        }
    }

    fn serve_at(&self, address: String) -> Result<()> {
        self.server.serve_at(&address)
    }

    fn exit(&self, status: i32) -> Result<()> {
        self.server.exit(status);
        Ok(())
    }
}
