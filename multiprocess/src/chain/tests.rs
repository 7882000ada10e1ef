//! The chain as its users see it.

use std::time::Duration;

use bitcoin::{Amount, Block, CompactTarget, Network, ScriptBuf, TxOut, absolute::LockTime, block::Version};
use interfaces::bitcoin_core::Solution;

use super::{Chain, Checks, Growth, Invalid, Waited, mine, template::height_script};

#[test]
fn the_chain_begins_with_the_networks_genesis_block() {
    let hash = Chain::new(Network::Bitcoin).tip().hash.to_string();
    assert_eq!(hash, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    let hash = Chain::new(Network::Regtest).tip().hash.to_string();
    assert_eq!(hash, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
}

#[test]
fn mined_blocks_are_valid() {
    let chain = Chain::new(Network::Regtest);
    for height in 1..=40 {
        let tip = chain.tip();
        let mined = chain.mine().unwrap();
        assert_eq!(mined.height, height);
        assert_eq!(mined.header.prev_blockhash, tip.hash);
        let block = chain.block(mined.hash).unwrap();
        assert!(block.check_merkle_root() && block.check_witness_commitment());
        block.header.validate_pow(bitcoin::Target::MAX_ATTAINABLE_REGTEST).unwrap();
        // The crate reads no heights that are written as an opcode, up to 16.
        if height > 16 {
            assert_eq!(block.bip34_block_height(), Ok(height.into()));
        }
    }
}

/// Gives the block after the tip with a change, and the root and the work that it needs then.
fn changed(chain: &Chain, change: impl FnOnce(&mut Block)) -> Block {
    let mut block = mine::next(&chain.template());
    change(&mut block);
    block.header.merkle_root = block.compute_merkle_root().unwrap_or(block.header.merkle_root);
    work(chain, block)
}

fn work(chain: &Chain, mut block: Block) -> Block {
    while !chain.tip().header.target().is_met_by(block.header.block_hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}

#[test]
fn a_block_that_breaks_a_rule_is_not_taken() {
    let chain = Chain::new(Network::Regtest);
    chain.mine().unwrap();
    let genesis = chain.at(0).unwrap().hash;
    let taken = |change: fn(&mut Block)| chain.take(changed(&chain, change)).map(|info| info.height);
    assert_eq!(
        chain.take(changed(&chain, |block| block.header.prev_blockhash = genesis)).unwrap_err(),
        Invalid::NotOnTip
    );
    assert_eq!(taken(|block| block.header.prev_blockhash = block.block_hash()), Err(Invalid::UnknownPrevious));
    assert_eq!(taken(|block| block.header.time = 1), Err(Invalid::TooOld));
    assert_eq!(taken(|block| block.header.time = u32::MAX), Err(Invalid::TooNew));
    assert_eq!(taken(|block| block.header.version = Version::from_consensus(3)), Err(Invalid::Version));
    assert_eq!(taken(|block| block.header.bits = CompactTarget::from_consensus(0x207f_fffe)), Err(Invalid::Target));
    assert_eq!(taken(|block| block.txdata.clear()), Err(Invalid::MerkleRoot));
    assert_eq!(taken(|block| block.txdata[0].input[0].previous_output.vout = 0), Err(Invalid::NoCoinbase));
    assert_eq!(taken(|block| block.txdata.push(block.txdata[0].clone())), Err(Invalid::Payments));
    assert_eq!(taken(|block| block.txdata[0].input[0].script_sig = ScriptBuf::new()), Err(Invalid::CoinbaseScript));
    let wrong = |block: &mut Block| block.txdata[0].input[0].script_sig = height_script(4711).into_script();
    assert_eq!(taken(wrong), Err(Invalid::Height));
    assert_eq!(taken(|block| block.txdata[0].input[0].witness.push([0; 32])), Err(Invalid::Witness));
    assert_eq!(taken(|block| block.txdata[0].output[0].value += Amount::ONE_SAT), Err(Invalid::Amount));
    assert_eq!(taken(|block| block.txdata[0].output[0].value = Amount::MAX), Err(Invalid::Amount));
    assert_eq!(taken(|block| block.txdata[0].lock_time = LockTime::from_consensus(2)), Err(Invalid::LockTime));
    let large = |block: &mut Block| block.txdata[0].output[0].script_pubkey = ScriptBuf::from_bytes(vec![0; 1_000_000]);
    assert_eq!(taken(large), Err(Invalid::Weight));

    let mut forged = mine::next(&chain.template());
    forged.txdata[0].output.clear();
    assert_eq!(chain.take(forged).unwrap_err(), Invalid::MerkleRoot);
    assert_eq!(chain.take(lazy(&chain)).unwrap_err(), Invalid::ProofOfWork);
    let easy = |block: &mut Block| block.header.bits = CompactTarget::from_consensus(0x2100_ffff);
    assert_eq!(taken(easy), Err(Invalid::ProofOfWork));

    let good = mine::next(&chain.template());
    assert_eq!(chain.take(good.clone()).unwrap().height, 2);
    assert_eq!(chain.take(good).unwrap_err(), Invalid::Duplicate);
}

/// The next block without the work.
fn lazy(chain: &Chain) -> Block {
    let mut block = mine::next(&chain.template());
    while block.header.target().is_met_by(block.header.block_hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}

#[test]
fn a_check_takes_nothing_and_can_leave_things_out() {
    let chain = Chain::new(Network::Regtest);
    assert_eq!(chain.check(&lazy(&chain), Checks::ALL), Err(Invalid::ProofOfWork));
    assert_eq!(chain.check(&lazy(&chain), Checks { pow: false, ..Checks::ALL }), Ok(()));
    // A template has no root.
    let forged = work(&chain, chain.template().block());
    assert_eq!(chain.check(&forged, Checks::ALL), Err(Invalid::MerkleRoot));
    assert_eq!(chain.check(&forged, Checks { merkle_root: false, ..Checks::ALL }), Ok(()));
    assert_eq!(chain.tip().height, 0);
}

#[test]
fn a_solution_makes_a_template_a_block() {
    let chain = Chain::new(Network::Regtest);
    let template = chain.template();
    let to = TxOut { value: template.coinbase().block_reward_remaining, script_pubkey: ScriptBuf::new() };
    let coinbase = template.coinbase().transaction(b"me", vec![to]);
    let solution = |nonce| {
        let (version, timestamp) = (template.header().version, template.header().time + 1);
        template.solved(Solution { version, timestamp, nonce, coinbase: coinbase.clone() })
    };
    let target = template.header().target();
    let block = (0..).map(solution).find(|block| target.is_met_by(block.block_hash())).unwrap();
    assert_eq!(block.txdata[0], coinbase);
    assert_eq!(chain.take(block).unwrap().height, 1);
}

#[test]
fn waiting_gives_every_block_in_order_and_can_be_ended() {
    let chain = Chain::new(Network::Regtest);
    let mined = [chain.mine().unwrap(), chain.mine().unwrap()];
    for (height, expected) in mined.iter().enumerate() {
        let Growth::Next(info) = chain.wait_above(height as u32, || false) else { panic!("ended") };
        assert_eq!(*info, *expected);
    }
    assert!(matches!(chain.wait_above(2, || true), Growth::Ended));
}

#[test]
fn waiting_for_a_tip_ends_when_it_comes_when_the_time_has_passed_or_when_it_is_ended() {
    let chain = Chain::new(Network::Regtest);
    let old = chain.tip().hash;
    let wait = |limit, ended: bool| chain.wait_for_tip(|tip| tip.hash != old, limit, || ended);
    assert!(matches!(wait(Some(Duration::from_millis(1)), false), Waited::TimedOut(tip) if tip.hash == old));
    assert!(matches!(wait(None, true), Waited::Ended));
    let mined = chain.mine().unwrap();
    for limit in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
        assert!(matches!(wait(limit, false), Waited::Changed(tip) if *tip == mined));
    }
}
