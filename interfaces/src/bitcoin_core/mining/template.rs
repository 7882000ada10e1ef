//! A block that is still to be mined.

use std::sync::Arc;

use bitcoin::{
    Amount, Block, ScriptBuf, Sequence, Transaction, TxMerkleNode, TxOut, absolute,
    block::{self, Header},
    transaction,
};
use ipc_core::{ExceptionKind, Result};
use ipc_macros::{Value, interface};

use super::{BlockWaitOptions, Verdict};
use crate::values;

/// A block that is still to be mined. The node keeps it until the last reference is dropped.
#[interface(id = 0xf967_1ad8_41b2_f622, destroy = 0)]
pub trait BlockTemplate: Send + Sync {
    /// Its header. The nonce is 0, and so is the root: it depends on the coinbase that is still to be made.
    ///
    /// # Errors
    ///
    /// Only those of the connection, here and wherever nothing else is said.
    #[method(ordinal = 1, with = values::header)]
    fn get_block_header(&self) -> Result<Header>;

    /// All of it, with a dummy coinbase that pays to anybody; the header is [that](Self::get_block_header) without a root.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 2, with = values::block)]
    fn get_block(&self) -> Result<Block>;

    /// The fee of each transaction but the coinbase.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 3, with = list(values::amount))]
    fn get_tx_fees(&self) -> Result<Vec<Amount>>;

    /// The cost of the signature operations of each transaction but the coinbase.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 4)]
    fn get_tx_sigops(&self) -> Result<Vec<i64>>;

    /// What a coinbase for it is made of.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 5)]
    fn get_coinbase_tx(&self) -> Result<CoinbaseTx>;

    /// The hashes that the coinbase's is hashed with, one after the other, to get the root; the deepest first.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 6, with = list(values::merkle_node))]
    fn get_coinbase_merkle_path(&self) -> Result<Vec<TxMerkleNode>>;

    /// Completes the block with these fields of the header and this coinbase, witness included, and takes it.
    ///
    /// # Errors
    ///
    /// `Unimplemented` before Bitcoin Core 32; [`submit`](Self::submit) is not.
    #[method(ordinal = 10, since = "32", results(reason: String, debug: String, result: bool))]
    fn submit_solution(
        &self,
        #[value(with = values::block_version)] version: block::Version,
        timestamp: u32,
        nonce: u32,
        #[value(with = values::transaction)] coinbase: Transaction,
    ) -> Result<Verdict>;

    /// Waits for a new tip, or for the fees to rise, and gives a new template; `None` after the timeout, when the wait is
    /// [interrupted](Self::interrupt_wait), or when the node shuts down.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 8)]
    fn wait_next(&self, options: BlockWaitOptions) -> Result<Option<Arc<dyn BlockTemplate>>>;

    /// Ends the [`wait_next`](Self::wait_next) that is under way at this template, or else the next one.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(ordinal = 9, no_context)]
    fn interrupt_wait(&self) -> Result<()>;

    /// What `submit_solution` was in Bitcoin Core 31: whether the block was taken, without a reason.
    ///
    /// # Errors
    ///
    /// `Remote` since Bitcoin Core 32.
    #[deprecated = "is for Bitcoin Core 31: use `submit_solution`, or `submit` for both"]
    #[method(ordinal = 7, name = "submitSolutionOld7")]
    fn submit_solution_old7(
        &self,
        #[value(with = values::block_version)] version: block::Version,
        timestamp: u32,
        nonce: u32,
        #[value(with = values::transaction)] coinbase: Transaction,
    ) -> Result<bool>;

    /// [`submit_solution`](Self::submit_solution), and on a node of Bitcoin Core 31 what it has instead; that one gives no
    /// reason for a rejection.
    ///
    /// # Errors
    ///
    /// Only those of the connection.
    #[method(local)]
    fn submit(&self, solution: Solution) -> Result<Verdict> {
        let Solution { version, timestamp, nonce, coinbase } = solution;
        match self.submit_solution(version, timestamp, nonce, coinbase.clone()) {
            Err(error) if error.kind() == ExceptionKind::Unimplemented => {
                #[expect(deprecated, reason = "this is what it is there for")]
                let accepted = self.submit_solution_old7(version, timestamp, nonce, coinbase)?;
                Ok((String::from("rejected"), String::from("Bitcoin Core 31 gives no reason"), accepted).into())
            }
            verdict => verdict,
        }
    }
}

/// What makes a template a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The version in the header.
    pub version: block::Version,
    /// The time in the header, in seconds since 1970.
    pub timestamp: u32,
    /// The nonce in the header.
    pub nonce: u32,
    /// The coinbase, with its witness.
    pub coinbase: Transaction,
}

/// What a coinbase is made of; whoever makes it adds what it pays to, and may add to the script of its input.
#[derive(Clone, Debug, PartialEq, Eq, Value)]
pub struct CoinbaseTx {
    /// The transaction's version.
    #[value(with = values::transaction_version)]
    pub version: transaction::Version,
    /// The sequence number of its only input.
    #[value(with = values::sequence)]
    pub sequence: Sequence,
    /// What the script of its input begins with. Up to height 16 that is a single byte, and a valid script has two.
    #[value(with = values::script)]
    pub script_sig_prefix: ScriptBuf,
    /// The only element of its input's witness; `None` in a block without witnesses.
    pub witness: Option<[u8; 32]>,
    /// How much it may pay at most: subsidy and fees.
    #[value(with = values::amount)]
    pub block_reward_remaining: Amount,
    /// Outputs that it must have, such as the one that commits to the witnesses. They pay nothing.
    #[value(with = list(values::output))]
    pub required_outputs: Vec<TxOut>,
    /// Its lock time.
    #[value(with = values::lock_time)]
    pub lock_time: absolute::LockTime,
}

impl CoinbaseTx {
    /// A coinbase with `extra` behind the script's prefix that pays to these outputs, before those that it must have.
    ///
    /// ```
    /// use bitcoin::{Amount, ScriptBuf, TxOut};
    /// use interfaces::bitcoin_core::CoinbaseTx;
    ///
    /// fn pay_all(parts: &CoinbaseTx, to: ScriptBuf) -> bitcoin::Transaction {
    ///     let all = TxOut { value: parts.block_reward_remaining, script_pubkey: to };
    ///     parts.transaction(b"me", vec![all])
    /// }
    /// ```
    pub fn transaction(&self, extra: &[u8], outputs: Vec<TxOut>) -> Transaction {
        let script_sig = ScriptBuf::from_bytes([self.script_sig_prefix.as_bytes(), extra].concat());
        let witness = self.witness.map(|value| bitcoin::Witness::from_slice(&[value])).unwrap_or_default();
        let previous_output = bitcoin::OutPoint::null();
        Transaction {
            version: self.version,
            lock_time: self.lock_time,
            input: vec![bitcoin::TxIn { previous_output, script_sig, sequence: self.sequence, witness }],
            output: outputs.into_iter().chain(self.required_outputs.iter().cloned()).collect(),
        }
    }
}
