//! A client that is written on the crate `bitcoin-capnp-types` and plain capnp-rpc calls `multiprocess node`, in each of the
//! ways in which such clients work.

use bitcoin::{Block, consensus::encode};
use bitcoin_capnp_types::{
    capnp::Error,
    echo_capnp::echo,
    init_capnp::init,
    mining_capnp::{MAX_MONEY, block_template, mining},
    proxy_capnp::{context, thread, thread_map},
};
use foreign_peers::{
    node::Node,
    plain::{block_on, connect},
};
use futures::{FutureExt, join};

/// How many blocks the chain has first.
const BLOCKS: u32 = 20;

/// How a client has its calls run.
enum Way {
    /// Each call names a thread that is made for it.
    Threads(thread_map::Client),
    /// No call names a thread: those of a pool take them.
    Pool,
    /// No call names a thread, and nothing was said about threads.
    Nothing,
}

struct Client {
    init: init::Client,
    mining: mining::Client,
    way: Way,
}

type Result<T> = std::result::Result<T, Error>;

impl Way {
    /// Names a thread, if that is the way.
    async fn context(&self, context: Result<context::Builder<'_>>) -> Result<()> {
        let mut context = context?;
        if let Self::Threads(map) = self {
            context.set_thread(self.thread(map).await?);
        }
        Ok(())
    }

    async fn thread(&self, map: &thread_map::Client) -> Result<thread::Client> {
        let mut request = map.make_thread_request();
        request.get().set_name("foreign");
        request.send().promise.await?.get()?.get_result()
    }
}

/// Makes a request whose parameters have a context, and sends it.
macro_rules! call {
    ($client:expr, $request:expr $(, |$params:ident| $set:expr)?) => { async {
        let mut request = $request;
        $client.way.context(request.get().get_context()).await?;
        $(
            #[allow(unused_mut, reason = "some of them only make a part of the parameters")]
            let mut $params = request.get();
            $set;
        )?
        request.send().promise.await
    } };
}

impl Client {
    async fn new(init: init::Client, way: Way) -> Result<Self> {
        let mut request = init.make_mining_request();
        way.context(request.get().get_context()).await?;
        let mining = request.send().promise.await?.get()?.get_result()?;
        Ok(Self { init, mining, way })
    }

    async fn tip(&self) -> Result<(Vec<u8>, i32)> {
        let response = call!(self, self.mining.get_tip_request()).await?;
        let results = response.get()?;
        assert!(results.get_has_result());
        Ok((results.get_result()?.get_hash()?.to_vec(), results.get_result()?.get_height()))
    }

    async fn create(&self) -> Result<block_template::Client> {
        call!(self, self.mining.create_new_block_request()).await?.get()?.get_result()
    }

    async fn wait_tip(&self, current: &[u8]) -> Result<Option<i32>> {
        let response =
            call!(self, self.mining.wait_tip_changed_request(), |params| params.set_current_tip(current)).await?;
        let results = response.get()?;
        if results.has_result() { Ok(Some(results.get_result()?.get_height())) } else { Ok(None) }
    }

    async fn wait_next(&self, template: &block_template::Client) -> Result<Option<block_template::Client>> {
        let response = call!(self, template.wait_next_request()).await?;
        let results = response.get()?;
        if results.has_result() { results.get_result().map(Some) } else { Ok(None) }
    }

    async fn block(&self, template: &block_template::Client) -> Result<Block> {
        let response = call!(self, template.get_block_request()).await?;
        Ok(encode::deserialize(response.get()?.get_result()?).unwrap())
    }

    /// Completes a template: reason, and whether it was taken.
    async fn submit(&self, template: &block_template::Client, block: &Block) -> Result<(String, bool)> {
        let response = call!(self, template.submit_solution_request(), |params| {
            params.set_version(block.header.version.to_consensus().cast_unsigned());
            params.set_timestamp(block.header.time);
            params.set_nonce(block.header.nonce);
            params.set_coinbase(&encode::serialize(&block.txdata[0]));
        })
        .await?;
        let results = response.get()?;
        Ok((results.get_reason()?.to_string()?, results.get_result()))
    }

    async fn check(&self, block: &Block, pow: bool) -> Result<(String, String, bool)> {
        let response = call!(self, self.mining.check_block_request(), |params| {
            params.set_block(&encode::serialize(block));
            params.init_options().set_check_pow(pow);
        })
        .await?;
        let results = response.get()?;
        Ok((results.get_reason()?.to_string()?, results.get_debug()?.to_string()?, results.get_result()))
    }
}

/// The same block with its root, and a nonce that meets its target, or does not.
fn worked(mut block: Block, met: bool) -> Block {
    block.header.merkle_root = block.compute_merkle_root().expect("it has a coinbase");
    while block.header.target().is_met_by(block.block_hash()) != met {
        block.header.nonce += 1;
    }
    block
}

/// All that such a client does.
async fn mine(client: &Client) -> Result<()> {
    let echo: echo::Client = call!(client, client.init.make_echo_request()).await?.get()?.get_result()?;
    let response = call!(client, echo.echo_request(), |params| params.set_echo("hello")).await?;
    assert_eq!(response.get()?.get_result()?, "hello");

    let (tip, height) = client.tip().await?;
    assert_eq!(height, BLOCKS as i32);
    let first = client.create().await?;
    let coinbase = call!(client, first.get_coinbase_tx_request()).await?;
    let coinbase = coinbase.get()?.get_result()?;
    assert!(coinbase.get_block_reward_remaining() > 0 && coinbase.get_block_reward_remaining() <= MAX_MONEY);
    assert_eq!((coinbase.get_required_outputs()?.len(), coinbase.get_witness()?.len()), (1, 32));
    let header = call!(client, first.get_block_header_request()).await?;
    assert_eq!(header.get()?.get_result()?.len(), 80);

    // Two wait while a third call solves.
    let solved = worked(client.block(&first).await?, true);
    let (changed, next, submitted) =
        join!(client.wait_tip(&tip), client.wait_next(&first), client.submit(&first, &solved));
    assert_eq!(submitted?, (String::new(), true));
    assert_eq!(changed?, Some(height + 1));
    let second = next?.expect("there is a new tip");
    assert_eq!(client.submit(&first, &solved).await?, ("duplicate".into(), false));

    let block = worked(client.block(&second).await?, false);
    assert_eq!(block.header.prev_blockhash, solved.block_hash());
    assert_eq!(client.check(&block, false).await?, (String::new(), String::new(), true));
    assert_eq!(client.check(&block, true).await?, ("high-hash".into(), "proof of work failed".into(), false));
    let block = worked(block, true);
    let response = call!(client, client.mining.submit_block_request(), |params| params
        .set_block(&encode::serialize(&block)))
    .await?;
    assert!(response.get()?.get_result());
    assert_eq!(client.tip().await?, (encode::serialize(&block.block_hash()), height + 2));

    // Whatever comes first, the wait or its interruption.
    let third = client.create().await?;
    let (waited, interrupted) = join!(client.wait_next(&third), third.interrupt_wait_request().send().promise);
    interrupted?;
    assert!(waited?.is_none());
    let (tip, _) = client.tip().await?;
    let (waited, interrupted) = join!(client.wait_tip(&tip), client.mining.interrupt_request().send().promise);
    interrupted?;
    assert_eq!(waited?, None);
    let response = call!(client, third.wait_next_request(), |params| params.init_options().set_timeout(1.0)).await?;
    assert!(!response.get()?.has_result());

    leftovers(client, &third).await?;
    for template in [first, second, third] {
        call!(client, template.destroy_request()).await?;
        assert!(call!(client, template.get_block_request()).await.is_err());
    }
    Ok(())
}

/// What such a client does seldom.
async fn leftovers(client: &Client, template: &block_template::Client) -> Result<()> {
    let response = call!(client, client.mining.get_transactions_by_tx_i_d_request(), |params| {
        params.init_txids(1).set(0, &[0x42; 32]);
    })
    .await?;
    assert!(response.get()?.get_result()?.get(0)?.is_empty());
    let rpc = call!(client, client.init.make_rpc_request()).await?.get()?.get_result()?;
    let request = r#"{"jsonrpc": "2.0", "id": "test", "method": "getblockcount", "params": []}"#;
    let response = call!(client, rpc.execute_rpc_request(), |params| params.set_request(request)).await?;
    let response: serde_json::Value = serde_json::from_str(response.get()?.get_result()?.to_str()?).unwrap();
    assert_eq!(response["result"], BLOCKS + 2);
    assert!(client.init.make_mining_old2_request().send().promise.await.is_err());
    let old = call!(client, template.submit_solution_old7_request()).await;
    assert!(old.is_err());
    Ok(())
}

/// The hand-shake, as those do it who have no threads of their own.
async fn thread_map(init: &init::Client) -> Result<thread_map::Client> {
    init.construct_request().send().promise.await?.get()?.get_thread_map()
}

#[test]
fn with_a_thread_for_each_call() {
    let node = Node::start(BLOCKS);
    block_on(async {
        let init: init::Client = connect(&node.socket()).await;
        let way = Way::Threads(thread_map(&init).await.unwrap());
        mine(&Client::new(init, way).await.unwrap()).boxed_local().await.unwrap();
    });
}

#[test]
fn with_a_pool_and_no_thread() {
    let node = Node::start(BLOCKS);
    block_on(async {
        let init: init::Client = connect(&node.socket()).await;
        let mut request = thread_map(&init).await.unwrap().make_pool_request();
        // As many as there are calls at the same time.
        request.get().set_count(3);
        request.send().promise.await.unwrap();
        mine(&Client::new(init, Way::Pool).await.unwrap()).boxed_local().await.unwrap();
    });
}

#[test]
fn with_no_word_about_threads() {
    let node = Node::start(BLOCKS);
    block_on(async {
        let init: init::Client = connect(&node.socket()).await;
        mine(&Client::new(init, Way::Nothing).await.unwrap()).boxed_local().await.unwrap();
    });
}
