//! Blocks that a node begins with, in the form that it imports at its start.

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::{
    Amount, Block, CompactTarget, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
    Witness,
    absolute::LockTime,
    block::{Header, Version},
    consensus::encode,
    constants::genesis_block,
    hashes::Hash,
    opcodes::{OP_0, OP_TRUE},
    script::Builder,
    transaction,
};

/// So many blocks on top of the first one, up to a second ago. What they pay is [`anybody`]'s.
///
/// # Panics
///
/// If the clock is wrong by decades.
pub fn file(count: u32) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let from = u32::try_from(now).expect("it is before 2106") - 1 - count;
    let mut previous = genesis_block(Network::Regtest);
    let mut file = Vec::new();
    for height in 1..=count {
        previous = block(&previous, height, from + height);
        let bytes = encode::serialize(&previous);
        file.extend(Network::Regtest.magic().to_bytes());
        file.extend((bytes.len() as u32).to_le_bytes());
        file.extend(bytes);
    }
    file
}

/// What anybody can spend who shows [`key`].
pub fn anybody() -> ScriptBuf {
    key().to_p2wsh()
}

/// What is always true.
pub fn key() -> ScriptBuf {
    Builder::new().push_opcode(OP_TRUE).into_script()
}

fn block(previous: &Block, height: u32, time: u32) -> Block {
    let coinbase = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            // What follows makes it long enough at the first heights.
            script_sig: Builder::new().push_int(height.into()).push_opcode(OP_0).into_script(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_int_btc(50), script_pubkey: anybody() }],
    };
    let header = Header {
        version: Version::NO_SOFT_FORK_SIGNALLING,
        prev_blockhash: previous.block_hash(),
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(0x207f_ffff),
        nonce: 0,
    };
    let mut block = Block { header, txdata: vec![coinbase] };
    block.header.merkle_root = block.compute_merkle_root().expect("it has a coinbase");
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    block
}
