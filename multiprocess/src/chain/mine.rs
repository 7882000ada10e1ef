//! Making the next block of a regtest chain.

use bitcoin::Block;

use super::template::Template;

/// Does the work of the block after the tip.
pub(super) fn next(template: &Template) -> Block {
    let mut block = template.block();
    block.header.merkle_root = block.compute_merkle_root().unwrap_or(block.header.merkle_root);
    let target = block.header.target();
    // Every second hash will do.
    while !target.is_met_by(block.header.block_hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}
