//! What is asked once.

use std::{
    io::{self, Write},
    sync::Arc,
};

use interfaces::node::{BlockInfo, Chain, Node};
use ipc::{Exception, ExceptionKind};

use crate::Failure;

/// Prints the hash of the block at a height.
pub(super) fn hash(chain: &dyn Chain, height: u32) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", chain.block_hash(height)?)?;
    Ok(())
}

/// Prints the last block.
pub(super) fn tip(chain: &dyn Chain) -> Result<(), Failure> {
    Ok(print(&chain.tip()?)?)
}

/// Prints each block from a height on. The node calls a closure of this process for each.
pub(super) fn scan(chain: &dyn Chain, from: u32) -> Result<(), Failure> {
    chain.scan(
        from,
        Arc::new(|block| match print(&block) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(unprintable(error)),
        }),
    )?;
    Ok(())
}

/// Has the node mine, and prints the hashes.
pub(super) fn generate(node: &dyn Node, count: u32) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for hash in node.generate(count)? {
        writeln!(out, "{hash}")?;
    }
    Ok(())
}

/// A block as a line: height and hash.
pub(super) fn print(block: &BlockInfo) -> io::Result<()> {
    writeln!(io::stdout(), "{} {}", block.height, block.hash)
}

/// What a callback tells the node when it can't print.
pub(super) fn unprintable(error: io::Error) -> Exception {
    Exception::new(ExceptionKind::Remote, format!("cannot print: {error}")).with_source(error)
}
