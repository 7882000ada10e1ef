//! The types of the `bitcoin` crate cross unchanged, and nothing else passes for one.

use std::sync::{Arc, Mutex};

use bitcoin::{
    Amount, Block, BlockHash, Network, Transaction, Txid, block::Header, constants::genesis_block, hashes::Hash,
};
use interfaces::values;
use ipc_core::{Exception, ExceptionKind, Options, Result, Stream, Transport};
use ipc_macros::interface;
use transport_capnp::Capnp;

/// Gives back what it gets.
#[interface(bootstrap)]
trait Mirror: Send + Sync {
    #[method(with = values::block_hash)]
    fn block_hash(&self, #[value(with = values::block_hash)] value: BlockHash) -> Result<BlockHash>;
    #[method(with = values::txid)]
    fn txid(&self, #[value(with = values::txid)] value: Txid) -> Result<Txid>;
    #[method(with = values::header)]
    fn header(&self, #[value(with = values::header)] value: Header) -> Result<Header>;
    #[method(with = values::block)]
    fn block(&self, #[value(with = values::block)] value: Block) -> Result<Block>;
    #[method(with = values::transaction)]
    fn transaction(&self, #[value(with = values::transaction)] value: Transaction) -> Result<Transaction>;
    #[method(with = values::amount)]
    fn amount(&self, #[value(with = values::amount)] value: Amount) -> Result<Amount>;
    #[method(with = values::network)]
    fn network(&self, #[value(with = values::network)] value: Network) -> Result<Network>;
}

/// The same on the wire, with the types that the wire has.
#[interface(bootstrap, name = "Mirror")]
trait Raw: Send + Sync {
    fn block_hash(&self, value: Vec<u8>) -> Result<Option<Vec<u8>>>;
    fn txid(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn header(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn block(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn transaction(&self, value: Vec<u8>) -> Result<Vec<u8>>;
    fn amount(&self, value: i64) -> Result<i64>;
    fn network(&self, value: u16) -> Result<u16>;
}

struct Straight;

impl Mirror for Straight {
    fn block_hash(&self, value: BlockHash) -> Result<BlockHash> {
        Ok(value)
    }
    fn txid(&self, value: Txid) -> Result<Txid> {
        Ok(value)
    }
    fn header(&self, value: Header) -> Result<Header> {
        Ok(value)
    }
    fn block(&self, value: Block) -> Result<Block> {
        Ok(value)
    }
    fn transaction(&self, value: Transaction) -> Result<Transaction> {
        Ok(value)
    }
    fn amount(&self, value: Amount) -> Result<Amount> {
        Ok(value)
    }
    fn network(&self, value: Network) -> Result<Network> {
        Ok(value)
    }
}

/// Answers with what it holds, whatever it gets.
#[derive(Default)]
struct Crooked {
    bytes: Mutex<Option<Vec<u8>>>,
    number: Mutex<i64>,
}

impl Crooked {
    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone().unwrap_or_default()
    }
}

impl Raw for Crooked {
    fn block_hash(&self, _: Vec<u8>) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes.lock().unwrap().clone())
    }
    fn txid(&self, _: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.bytes())
    }
    fn header(&self, _: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.bytes())
    }
    fn block(&self, _: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.bytes())
    }
    fn transaction(&self, _: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.bytes())
    }
    fn amount(&self, _: i64) -> Result<i64> {
        Ok(*self.number.lock().unwrap())
    }
    fn network(&self, _: u16) -> Result<u16> {
        Ok(*self.number.lock().unwrap() as u16)
    }
}

/// A client of one interface, and a server of the other or the same.
macro_rules! joined {
    ($client:ty, $server:expr) => {{
        let (ours, theirs) = Stream::pair().unwrap();
        let server = Capnp.accept(theirs, $server, Options::default()).unwrap();
        (Capnp.connect::<$client>(ours, Options::default()).unwrap().root, server)
    }};
}

#[test]
fn what_was_sent_comes_back() {
    let (mirror, _server) = joined!(dyn Mirror, Arc::new(Straight) as Arc<dyn Mirror>);
    let block = genesis_block(Network::Bitcoin);
    assert_eq!(mirror.block_hash(block.block_hash()), Ok(block.block_hash()));
    assert_eq!(mirror.block_hash(BlockHash::all_zeros()), Ok(BlockHash::all_zeros()));
    assert_eq!(mirror.txid(block.txdata[0].compute_txid()), Ok(block.txdata[0].compute_txid()));
    assert_eq!(mirror.header(block.header), Ok(block.header));
    assert_eq!(mirror.transaction(block.txdata[0].clone()), Ok(block.txdata[0].clone()));
    assert_eq!(mirror.block(block.clone()), Ok(block));
    for amount in [Amount::ZERO, Amount::ONE_SAT, Amount::MAX_MONEY] {
        assert_eq!(mirror.amount(amount), Ok(amount));
    }
    for network in [Network::Bitcoin, Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest] {
        assert_eq!(mirror.network(network), Ok(network));
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, expected: &str) {
    let error: Exception = result.unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Protocol);
    assert!(error.message().contains(expected), "{error}");
}

#[test]
fn a_hash_that_is_missing_or_short_is_a_protocol_error() {
    let crooked = Arc::new(Crooked::default());
    let (mirror, _server) = joined!(dyn Mirror, Arc::clone(&crooked) as Arc<dyn Raw>);
    for bytes in [None, Some(vec![]), Some(vec![7; 31]), Some(vec![7; 33])] {
        *crooked.bytes.lock().unwrap() = bytes;
        refused(mirror.block_hash(BlockHash::all_zeros()), "expected the hash of a block, 32 bytes, got");
        refused(mirror.txid(Txid::all_zeros()), "expected the id of a transaction, 32 bytes, got");
    }
}

#[test]
fn what_is_no_consensus_encoding_is_a_protocol_error() {
    let crooked = Arc::new(Crooked::default());
    let (mirror, _server) = joined!(dyn Mirror, Arc::clone(&crooked) as Arc<dyn Raw>);
    let block = genesis_block(Network::Bitcoin);
    let whole = bitcoin::consensus::serialize(&block);
    // Nothing, a part, a byte too many, and a count of transactions that there is no memory for.
    let boastful = [&whole[..80], &[0xff; 9]].concat();
    for bytes in [vec![], whole[..79].to_vec(), [&whole[..], &[0]].concat(), boastful] {
        *crooked.bytes.lock().unwrap() = Some(bytes);
        refused(mirror.block(block.clone()), "expected a block in consensus encoding");
        refused(mirror.header(block.header), "expected the header of a block");
        refused(mirror.transaction(block.txdata[0].clone()), "expected a transaction");
    }
}

#[test]
fn a_number_out_of_range_is_a_protocol_error() {
    let crooked = Arc::new(Crooked::default());
    let (mirror, _server) = joined!(dyn Mirror, Arc::clone(&crooked) as Arc<dyn Raw>);
    for number in [-1, Amount::MAX_MONEY.to_sat() as i64 + 1, i64::MAX, i64::MIN] {
        *crooked.number.lock().unwrap() = number;
        refused(mirror.amount(Amount::ZERO), "expected an amount from 0 to");
    }
    *crooked.number.lock().unwrap() = 5;
    refused(mirror.network(Network::Bitcoin), "expected the number of a network, 0 to 4, got 5");
    refused(mirror.amount(Amount::MAX_MONEY + Amount::ONE_SAT), "expected an amount from 0 to");
}
