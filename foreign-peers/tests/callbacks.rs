//! A node that is written on plain capnp-rpc and the code that is generated from our derived schemas calls closures of our
//! client back: on the thread that waits, and the calls that these make come back to the thread that waits for them.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use bitcoin::{Network, consensus::encode::serialize, constants::genesis_block};
use capnp::{Error, capability::get_resolved_cap};
use capnp_rpc::{CapabilityServerSet, RpcSystem, new_client, rpc_twoparty_capnp::Side, twoparty::VatNetwork};
use foreign_peers::{
    derived::{
        init_capnp as bitcoin_core,
        node_capnp::{block_info, chain, init},
        proxy_capnp::{context, thread as thread_api, thread_map},
    },
    imitation::Imitation,
};
use futures::io::{BufReader, BufWriter};
use interfaces::node::{Chain, Init};
use tokio::net::UnixStream;
use tokio_util::compat::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};

type Result<T> = std::result::Result<T, Error>;

/// What the node notes: the method, and the name of the thread that the call was for.
type Notes = Arc<Mutex<Vec<(&'static str, String)>>>;

struct Node {
    threads: RefCell<CapabilityServerSet<Thread, thread_api::Client>>,
    notes: Notes,
}

struct Thread(String);

/// The objects of a connection.
struct Root(Rc<Node>);
struct Blocks(Rc<Node>);
struct Threads(Rc<Node>);

impl Node {
    /// The thread that a call names, and the one that waits for it.
    async fn enter(
        &self,
        method: &'static str,
        context: Result<context::Reader<'_>>,
    ) -> Result<(thread_api::Client, thread_api::Client)> {
        let context = context?;
        let (own, waiting) = (context.get_thread()?, context.get_callback_thread()?);
        let own: thread_api::Client = get_resolved_cap(own).await;
        let known = self.threads.borrow().get_local_server_of_resolved(&own);
        let known = known.ok_or_else(|| Error::failed("invalid thread handle".into()))?;
        self.notes.lock().unwrap().push((method, known.0.clone()));
        Ok((own, waiting))
    }
}

impl bitcoin_core::init::Server for Root {
    async fn construct(
        self: Rc<Self>,
        _: bitcoin_core::init::ConstructParams,
        mut results: bitcoin_core::init::ConstructResults,
    ) -> Result<()> {
        results.get().set_thread_map(new_client(Threads(self.0.clone())));
        Ok(())
    }
}

impl init::Server for Root {
    async fn make_chain(
        self: Rc<Self>,
        params: init::MakeChainParams,
        mut results: init::MakeChainResults,
    ) -> Result<()> {
        self.0.enter("makeChain", params.get()?.get_context()).await?;
        results.get().set_result(new_client(Blocks(self.0.clone())));
        Ok(())
    }
}

impl chain::Server for Blocks {
    async fn tip(self: Rc<Self>, params: chain::TipParams, mut results: chain::TipResults) -> Result<()> {
        self.0.enter("tip", params.get()?.get_context()).await?;
        fill(results.get().init_result(), 2);
        Ok(())
    }

    /// Three blocks, as long as the closure wants more.
    async fn scan(self: Rc<Self>, params: chain::ScanParams, _: chain::ScanResults) -> Result<()> {
        let params = params.get()?;
        let (own, waiting) = self.0.enter("scan", params.get_context()).await?;
        let visit = params.get_visit()?;
        for height in params.get_from()..3 {
            let mut request = visit.call_request();
            fill(request.get().init_a(), height);
            let mut context = request.get().init_context();
            context.set_thread(waiting.clone());
            context.set_callback_thread(own.clone());
            if !request.send().promise.await?.get()?.get_result() {
                break;
            }
        }
        Ok(())
    }
}

fn fill(mut info: block_info::Builder<'_>, height: u32) {
    let block = genesis_block(Network::Regtest);
    info.set_height(height);
    info.set_hash(&serialize(&block.block_hash()));
    info.set_header(&serialize(&block.header));
    info.set_transactions(1);
}

impl thread_map::Server for Threads {
    async fn make_thread(
        self: Rc<Self>,
        params: thread_map::MakeThreadParams,
        mut results: thread_map::MakeThreadResults,
    ) -> Result<()> {
        let thread = Thread(params.get()?.get_name()?.to_string()?);
        results.get().set_result(self.0.threads.borrow_mut().new_client(thread));
        Ok(())
    }
}

impl thread_api::Server for Thread {
    async fn get_name(
        self: Rc<Self>,
        _: thread_api::GetNameParams,
        mut results: thread_api::GetNameResults,
    ) -> Result<()> {
        results.get().set_result(&*self.0);
        Ok(())
    }
}

async fn serve(stream: UnixStream, notes: Notes) {
    let node = Rc::new(Node { threads: RefCell::new(CapabilityServerSet::new()), notes });
    let root: init::Client = new_client(Root(node));
    let (read, write) = stream.into_split();
    let (read, write) = (BufReader::new(read.compat()), BufWriter::new(write.compat_write()));
    let network = VatNetwork::new(read, write, Side::Server, Default::default());
    let _ = RpcSystem::new(Box::new(network), Some(root.client)).await;
}

#[test]
fn a_callback_runs_on_the_thread_that_waits_and_its_calls_return_to_the_one_that_waits_for_it() {
    let notes = Notes::default();
    let noted = notes.clone();
    let node = Imitation::of(move |stream| serve(stream, noted.clone()));
    let init: Arc<dyn Init> = ipc::connect(node.address()).unwrap();
    let scan = |name: &str| {
        let init = init.clone();
        let work = move || {
            let chain: Arc<dyn Chain> = init.make_chain().unwrap();
            let (here, seen, nested) = (thread::current().id(), Arc::new(AtomicU32::new(0)), chain.clone());
            let count = seen.clone();
            let visit = move |block: interfaces::node::BlockInfo| {
                assert_eq!(thread::current().id(), here);
                assert_eq!(block.height, count.fetch_add(1, Ordering::Relaxed));
                // On the node's thread that waits for this callback, which is the one that stands for this thread.
                assert_eq!(nested.tip().unwrap().height, 2);
                Ok(true)
            };
            chain.scan(0, Arc::new(visit)).unwrap();
            seen.load(Ordering::Relaxed)
        };
        thread::Builder::new().name(name.into()).spawn(work).unwrap()
    };
    for name in ["alice", "bob"] {
        assert_eq!(scan(name).join().unwrap(), 3);
        let expected = ["makeChain", "scan", "tip", "tip", "tip"].map(|method| (method, name.to_owned()));
        assert_eq!(*notes.lock().unwrap(), expected);
        notes.lock().unwrap().clear();
    }
    // Two at the same time do not meet.
    for thread in [scan("alice"), scan("bob")] {
        assert_eq!(thread.join().unwrap(), 3);
    }
}
