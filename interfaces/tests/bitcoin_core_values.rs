//! How the values of Bitcoin Core's interfaces cross, and what is refused.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bitcoin::{
    Network, ScriptBuf, Sequence, Transaction, TxMerkleNode, TxOut, Wtxid, absolute::LockTime, block,
    constants::genesis_block, hashes::Hash, transaction,
};
use interfaces::values;
use ipc_core::{ExceptionKind, Options, Result, Stream, Transport};
use ipc_macros::interface;
use transport_capnp::Capnp;

/// Gives back what it gets.
#[interface(bootstrap)]
trait Mirror: Send + Sync {
    #[method(with = values::timeout)]
    fn timeout(&self, #[value(with = values::timeout)] value: Option<Duration>) -> Result<Option<Duration>>;
    #[method(with = values::height)]
    fn height(&self, #[value(with = values::height)] value: u32) -> Result<u32>;
    #[method(with = list(values::found_transaction))]
    fn found(
        &self,
        #[value(with = list(values::found_transaction))] value: Vec<Option<Transaction>>,
    ) -> Result<Vec<Option<Transaction>>>;
    #[method(with = values::script)]
    fn script(&self, #[value(with = values::script)] value: ScriptBuf) -> Result<ScriptBuf>;
    #[method(with = values::wtxid)]
    fn wtxid(&self, #[value(with = values::wtxid)] value: Wtxid) -> Result<Wtxid>;
    #[method(with = values::merkle_node)]
    fn merkle_node(&self, #[value(with = values::merkle_node)] value: TxMerkleNode) -> Result<TxMerkleNode>;
    #[method(with = values::output)]
    fn output(&self, #[value(with = values::output)] value: TxOut) -> Result<TxOut>;
    #[method(with = values::block_version)]
    fn block_version(&self, #[value(with = values::block_version)] value: block::Version) -> Result<block::Version>;
    #[method(with = values::transaction_version)]
    fn transaction_version(
        &self,
        #[value(with = values::transaction_version)] value: transaction::Version,
    ) -> Result<transaction::Version>;
    #[method(with = values::sequence)]
    fn sequence(&self, #[value(with = values::sequence)] value: Sequence) -> Result<Sequence>;
    #[method(with = values::lock_time)]
    fn lock_time(&self, #[value(with = values::lock_time)] value: LockTime) -> Result<LockTime>;
}

/// The same on the wire, with the types that the wire has.
#[interface(bootstrap, name = "Mirror")]
trait Raw: Send + Sync {
    fn timeout(&self, value: f64) -> Result<f64>;
    fn height(&self, value: i32) -> Result<i32>;
    fn found(&self, value: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>>;
    fn script(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn wtxid(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn merkle_node(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn output(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn block_version(&self, value: u32) -> Result<u32>;
    fn transaction_version(&self, value: u32) -> Result<u32>;
    fn sequence(&self, value: u32) -> Result<u32>;
    fn lock_time(&self, value: u32) -> Result<u32>;
}

/// Answers with what it holds if it holds anything, else with what it gets, and remembers that.
#[derive(Default)]
struct Wire {
    timeout: Mutex<Option<f64>>,
    height: Mutex<Option<i32>>,
    got: Mutex<String>,
}

impl Wire {
    fn see<T: std::fmt::Debug>(&self, value: T) -> Result<T> {
        *self.got.lock().unwrap() = format!("{value:?}");
        Ok(value)
    }
}

impl Raw for Wire {
    fn timeout(&self, value: f64) -> Result<f64> {
        let held = *self.timeout.lock().unwrap();
        held.map_or_else(|| self.see(value), Ok)
    }
    fn height(&self, value: i32) -> Result<i32> {
        let held = *self.height.lock().unwrap();
        held.map_or_else(|| self.see(value), Ok)
    }
    fn found(&self, value: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
        self.see(value)
    }
    fn script(&self, value: Vec<u8>) -> Result<Vec<u8>> {
        self.see(value)
    }
    fn wtxid(&self, value: Vec<u8>) -> Result<Vec<u8>> {
        self.see(value)
    }
    fn merkle_node(&self, value: Vec<u8>) -> Result<Vec<u8>> {
        self.see(value)
    }
    fn output(&self, value: Vec<u8>) -> Result<Vec<u8>> {
        self.see(value)
    }
    fn block_version(&self, value: u32) -> Result<u32> {
        self.see(value)
    }
    fn transaction_version(&self, value: u32) -> Result<u32> {
        self.see(value)
    }
    fn sequence(&self, value: u32) -> Result<u32> {
        self.see(value)
    }
    fn lock_time(&self, value: u32) -> Result<u32> {
        self.see(value)
    }
}

fn joined(wire: &Arc<Wire>) -> (Arc<dyn Mirror>, ipc_core::Connection) {
    let (ours, theirs) = Stream::pair().unwrap();
    let server = Capnp.accept(theirs, Arc::clone(wire) as Arc<dyn Raw>, Options::default()).unwrap();
    (Capnp.connect::<dyn Mirror>(ours, Options::default()).unwrap().root, server)
}

#[test]
fn what_was_sent_comes_back_and_is_what_the_wire_has() {
    let wire = Arc::default();
    let (mirror, _server) = joined(&wire);
    let saw = |expected: &str| assert_eq!(*wire.got.lock().unwrap(), expected);
    let limit = Some(Duration::from_micros(1_500));
    assert_eq!(mirror.timeout(limit), Ok(limit));
    saw("1.5");
    assert_eq!(mirror.timeout(None), Ok(None));
    saw("1.7976931348623157e308");
    assert_eq!(mirror.height(840_000), Ok(840_000));
    let transaction = genesis_block(Network::Bitcoin).txdata.remove(0);
    let found = vec![Some(transaction.clone()), None];
    assert_eq!(mirror.found(found.clone()), Ok(found));
    // Without a length before it.
    assert_eq!(mirror.script(ScriptBuf::from_bytes(vec![1, 2])), Ok(ScriptBuf::from_bytes(vec![1, 2])));
    saw("[1, 2]");
    assert_eq!(mirror.wtxid(Wtxid::all_zeros()), Ok(Wtxid::all_zeros()));
    assert_eq!(mirror.merkle_node(TxMerkleNode::all_zeros()), Ok(TxMerkleNode::all_zeros()));
    assert_eq!(mirror.output(transaction.output[0].clone()), Ok(transaction.output[0].clone()));
    let version = block::Version::from_consensus(-2);
    assert_eq!(mirror.block_version(version), Ok(version));
    saw("4294967294");
    assert_eq!(mirror.transaction_version(transaction::Version(-1)), Ok(transaction::Version(-1)));
    assert_eq!(mirror.sequence(Sequence::MAX), Ok(Sequence::MAX));
    let lock_time = LockTime::from_consensus(1_700_000_000);
    assert_eq!(mirror.lock_time(lock_time), Ok(lock_time));
}

#[test]
fn times_that_nobody_can_wait_for_are_none_or_for_ever_and_what_is_no_number_is_refused() {
    let wire = Arc::<Wire>::default();
    let (mirror, _server) = joined(&wire);
    for (number, expected) in
        [(-1.0, Some(Duration::ZERO)), (f64::NEG_INFINITY, Some(Duration::ZERO)), (1e300, None), (f64::INFINITY, None)]
    {
        *wire.timeout.lock().unwrap() = Some(number);
        assert_eq!(mirror.timeout(None), Ok(expected), "{number}");
    }
    *wire.timeout.lock().unwrap() = Some(f64::NAN);
    let error = mirror.timeout(None).unwrap_err();
    assert!(error.kind() == ExceptionKind::Protocol && error.message().contains("expected a timeout"), "{error}");
}

#[test]
fn a_height_out_of_range_is_refused_on_either_side() {
    let wire = Arc::<Wire>::default();
    let (mirror, _server) = joined(&wire);
    let high = mirror.height(1 << 31).unwrap_err();
    assert!(high.kind() == ExceptionKind::Protocol && high.message().contains("at most 2147483647"), "{high}");
    *wire.height.lock().unwrap() = Some(-1);
    let low = mirror.height(1).unwrap_err();
    assert!(low.kind() == ExceptionKind::Protocol && low.message().contains("expected a height from 0"), "{low}");
}
