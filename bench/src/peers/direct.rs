//! No transport: the object itself behind the trait, in one process. What a call costs before there is a boundary.

use std::{path::Path, sync::Arc};

use ipc_core::{Exception, ExceptionKind, Result};

use super::Peer;
use crate::{
    client::{Blocking, Client},
    process::Ready,
    work::Worker,
};

pub(super) struct Direct;

impl Peer for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn crates(&self) -> &'static [&'static str] {
        &[]
    }

    fn note(&self) -> &'static str {
        "a call through Arc<dyn Trait>, in one process"
    }

    fn in_process(&self) -> bool {
        true
    }

    fn has_connections(&self) -> bool {
        false
    }

    fn connect(&self, _: &Path) -> Result<Box<dyn Client>> {
        Ok(Box::new(Blocking::new(Arc::new(Worker::new()))))
    }

    fn serve(&self, _: &Path, _: Ready) -> Result<()> {
        Err(Exception::new(ExceptionKind::Unimplemented, "a direct call needs no server"))
    }
}
