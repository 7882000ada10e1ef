//! Nodes of other versions of Bitcoin Core: what they do not have is told from what fails, and by which version brought it.

use std::sync::Arc;

use bitcoin::{
    Network, Transaction,
    block::{self, Header},
    constants::genesis_block,
};
use interfaces::{
    bitcoin_core::{BlockCreateOptions, BlockTemplate, Init, Mining, Solution, Verdict},
    values,
};
use ipc_core::{Connection, Exception, ExceptionKind, Options, Result, Stream, Transport};
use ipc_macros::interface;
use transport_capnp::Capnp;

/// Bitcoin Core 30: another `makeMining` at ordinal 2.
#[interface(bootstrap, id = 0x8838_c700_ba5c_ba65, name = "Init")]
trait Init30: Send + Sync {
    #[method(ordinal = 1)]
    fn make_echo(&self) -> Result<Arc<dyn Echo30>>;
    #[method(ordinal = 2)]
    fn make_mining(&self) -> Result<Arc<dyn Mining31>>;
}

#[interface(id = 0xd36b_8964_0dc9_4399, destroy = 0, name = "Echo")]
trait Echo30: Send + Sync {
    fn echo(&self, echo: String) -> Result<String>;
}

/// Bitcoin Core 31: nothing of 32.
#[interface(bootstrap, id = 0x8838_c700_ba5c_ba65, name = "Init")]
trait Init31: Send + Sync {
    #[method(ordinal = 1)]
    fn make_echo(&self) -> Result<Arc<dyn Echo30>>;
    #[method(ordinal = 2, no_context)]
    fn make_mining_old2(&self) -> Result<()>;
    #[method(ordinal = 3)]
    fn make_mining(&self) -> Result<Arc<dyn Mining31>>;
}

#[interface(id = 0xf9c6_8436_df3a_f39e, name = "Mining")]
trait Mining31: Send + Sync {
    fn is_test_chain(&self) -> Result<bool>;
    #[method(ordinal = 4)]
    fn create_new_block(&self, options: BlockCreateOptions, cooldown: bool) -> Result<Arc<dyn Template31>>;
}

#[interface(id = 0xf967_1ad8_41b2_f622, destroy = 0, name = "BlockTemplate")]
trait Template31: Send + Sync {
    #[method(ordinal = 1, with = values::header)]
    fn get_block_header(&self) -> Result<Header>;
    #[method(ordinal = 7)]
    fn submit_solution(
        &self,
        #[value(with = values::block_version)] version: block::Version,
        timestamp: u32,
        nonce: u32,
        #[value(with = values::transaction)] coinbase: Transaction,
    ) -> Result<bool>;
}

struct Node;

impl Init30 for Node {
    fn make_echo(&self) -> Result<Arc<dyn Echo30>> {
        Ok(Arc::new(Self))
    }
    fn make_mining(&self) -> Result<Arc<dyn Mining31>> {
        Ok(Arc::new(Self))
    }
}

impl Init31 for Node {
    fn make_echo(&self) -> Result<Arc<dyn Echo30>> {
        Ok(Arc::new(Self))
    }
    fn make_mining_old2(&self) -> Result<()> {
        Err(Exception::new(ExceptionKind::Remote, "served no more"))
    }
    fn make_mining(&self) -> Result<Arc<dyn Mining31>> {
        Ok(Arc::new(Self))
    }
}

impl Echo30 for Node {
    fn echo(&self, echo: String) -> Result<String> {
        Ok(echo)
    }
}

impl Mining31 for Node {
    fn is_test_chain(&self) -> Result<bool> {
        Ok(true)
    }
    fn create_new_block(&self, _: BlockCreateOptions, _: bool) -> Result<Arc<dyn Template31>> {
        Ok(Arc::new(Self))
    }
}

impl Template31 for Node {
    fn get_block_header(&self) -> Result<Header> {
        Ok(genesis_block(Network::Regtest).header)
    }
    /// Takes the nonce 7.
    fn submit_solution(&self, _: block::Version, _: u32, nonce: u32, _: Transaction) -> Result<bool> {
        Ok(nonce == 7)
    }
}

fn client_of<I: ipc_core::Interface + ?Sized>(node: Arc<I>) -> (Arc<dyn Init>, Connection) {
    let (ours, theirs) = Stream::pair().unwrap();
    let server = Capnp.accept(theirs, node, Options::default()).unwrap();
    (Capnp.connect::<dyn Init>(ours, Options::default()).unwrap().root, server)
}

#[track_caller]
fn needs<T>(version: &str, result: Result<T>) {
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ExceptionKind::Unimplemented, "{error}");
    assert!(error.message().contains(&format!("version {version} ")), "{error}");
}

#[test]
fn a_node_of_version_30_has_its_echo_and_says_that_mining_came_later() {
    let (init, _server) = client_of(Arc::new(Node) as Arc<dyn Init30>);
    needs("31", init.make_mining());
    needs("32", init.make_rpc());
    assert_eq!(init.make_echo().unwrap().echo("here".into()), Ok("here".into()));
}

#[test]
fn a_node_of_version_31_mines_and_says_what_came_later() {
    let (init, _server) = client_of(Arc::new(Node) as Arc<dyn Init31>);
    needs("32", init.make_rpc());
    let mining: Arc<dyn Mining> = init.make_mining().unwrap();
    let block = genesis_block(Network::Regtest);
    needs("32", mining.submit_block(block.clone()));
    needs("32", mining.get_transactions_by_txid(vec![]));
    needs("32", mining.get_transactions_by_witness_id(vec![]));
    assert_eq!(mining.is_test_chain(), Ok(true));
    let template: Arc<dyn BlockTemplate> =
        mining.create_new_block(BlockCreateOptions::default(), false).unwrap().expect("there is one");
    let solution = |nonce| {
        let Header { version, time: timestamp, .. } = block.header;
        Solution { version, timestamp, nonce, coinbase: block.txdata[0].clone() }
    };
    let Solution { version, timestamp, nonce, coinbase } = solution(7);
    needs("32", template.submit_solution(version, timestamp, nonce, coinbase));
    // What works on both.
    assert_eq!(template.submit(solution(7)), Ok(Verdict::Accepted));
    assert!(matches!(template.submit(solution(8)), Ok(Verdict::Rejected { .. })));
    assert_eq!(template.get_block_header(), Ok(block.header));
}
