//! Templates with transactions.

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute::LockTime, consensus::encode,
    transaction::Version,
};
use foreign_peers::bitcoin_node::blocks::{anybody, key};
use interfaces::bitcoin_core::{BlockWaitOptions, Verdict};
use serde_json::json;

use super::tools::{address_of_anybody, ask, since, solve, start, template, tip};

/// The outputs of a block's coinbase can be spent so many blocks later.
const MATURITY: u32 = 100;

#[test]
#[cfg_attr(not(bitcoin_node), ignore = "needs a bitcoin-node: set BITCOIN_NODE to its path")]
fn transactions_are_found_and_mined_and_raise_the_fees() {
    let (_node, init, mining) = start();
    let Some(rpc) = since("32", init.make_rpc()) else { return };
    ask(&rpc, "generatetoaddress", &json!([MATURITY, address_of_anybody()]));
    let empty = template(&mining);
    let fees = [Amount::from_sat(5_000), Amount::from_sat(70_000), Amount::from_sat(600)];
    let sent: Vec<Transaction> = (1_u32..)
        .zip(fees)
        .map(|(height, fee)| {
            let block = ask(&rpc, "getblockhash", &json!([height]));
            let block = ask(&rpc, "getblock", &json!([block, 0]));
            let block: bitcoin::Block = encode::deserialize_hex(block.as_str().unwrap()).unwrap();
            let spending = spend(&block.txdata[0], fee);
            let sent = ask(&rpc, "sendrawtransaction", &json!([encode::serialize_hex(&spending)]));
            assert_eq!(sent, spending.compute_txid().to_string());
            spending
        })
        .collect();

    let options = BlockWaitOptions { fee_threshold: Amount::from_sat(1), ..BlockWaitOptions::default() };
    let full = empty.wait_next(options).unwrap().expect("the fees have risen");
    let block = full.get_block().unwrap();
    assert_eq!(block.txdata.len(), 1 + sent.len());
    assert!(sent.iter().all(|transaction| block.txdata.contains(transaction)));
    let mut shown = full.get_tx_fees().unwrap();
    // The best paid come first.
    shown.sort();
    let mut paid = fees;
    paid.sort();
    assert_eq!(shown, paid);
    assert_eq!(full.get_tx_sigops().unwrap().len(), sent.len());
    assert_eq!(full.get_coinbase_merkle_path().unwrap().len(), 2);
    let reward = full.get_coinbase_tx().unwrap().block_reward_remaining;
    assert_eq!(reward, Amount::from_int_btc(50) + fees.into_iter().sum::<Amount>());

    let ids = sent.iter().map(Transaction::compute_txid).collect();
    let found: Vec<_> = sent.iter().cloned().map(Some).collect();
    since("32", mining.get_transactions_by_txid(ids)).into_iter().for_each(|some| assert_eq!(some, found));
    let ids = sent.iter().map(Transaction::compute_wtxid).collect();
    since("32", mining.get_transactions_by_witness_id(ids)).into_iter().for_each(|some| assert_eq!(some, found));

    let (solution, hash) = solve(&*full);
    assert_eq!(full.submit(solution), Ok(Verdict::Accepted));
    assert_eq!(tip(&mining).hash, hash);
    assert_eq!(ask(&rpc, "getrawmempool", &json!([])), json!([]));
}

/// Spends the first output, which pays to anybody.
fn spend(from: &Transaction, fee: Amount) -> Transaction {
    assert_eq!(from.output[0].script_pubkey, anybody());
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::new(from.compute_txid(), 0),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[key().into_bytes()]),
        }],
        output: vec![TxOut { value: from.output[0].value - fee, script_pubkey: anybody() }],
    }
}
