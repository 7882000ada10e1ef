//! Our client calls a node that is written on the crate `bitcoin-capnp-types` and plain capnp-rpc, well-behaved or not.

use std::{
    sync::Arc,
    thread::{self, Builder},
    time::Duration,
};

use bitcoin::{Amount, BlockHash, Network, block::Version, constants::genesis_block, hashes::Hash};
use foreign_peers::imitation::{Imitation, Mood};
use interfaces::bitcoin_core::{
    BlockCheckOptions, BlockCreateOptions, BlockRef, BlockTemplate, BlockWaitOptions, Init, Mining, Verdict,
};
use ipc::{ClientOptions, Exception, ExceptionKind, Limits};

/// Long enough for a call that is answered at all; what is not answered takes no longer.
const SOON: Duration = Duration::from_millis(200);

fn mining(node: &Imitation) -> Arc<dyn Mining> {
    ipc::connect::<dyn Init>(node.address()).unwrap().make_mining().unwrap()
}

fn template(mining: &Arc<dyn Mining>) -> Arc<dyn BlockTemplate> {
    mining.create_new_block(BlockCreateOptions::default(), false).unwrap().expect("nobody interrupts")
}

#[track_caller]
fn is(kind: ExceptionKind, error: &Exception) {
    assert_eq!(error.kind(), kind, "{error}");
}

/// On a thread with a name of its own.
fn on<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| Builder::new().name(name.into()).spawn_scoped(scope, work).unwrap().join().unwrap())
}

#[test]
fn each_thread_has_one_of_the_node_made_while_its_first_call_is_on_the_way() {
    let node = Imitation::start(Mood::Well);
    let mining = on("alice", || mining(&node));
    for name in ["bob", "carol"] {
        on(name, || {
            assert_eq!(mining.is_test_chain(), Ok(true));
            let tip = BlockRef { hash: genesis_block(Network::Regtest).block_hash(), height: 7 };
            assert_eq!(mining.get_tip(), Ok(Some(tip)));
        });
    }
    let seen = node.wait_until(|seen| seen.ended.len() == 3);
    assert_eq!(seen.made, ["alice", "bob", "carol"]);
    let calls = [
        ("makeMining", "alice"),
        ("isTestChain", "bob"),
        ("getTip", "bob"),
        ("isTestChain", "carol"),
        ("getTip", "carol"),
    ];
    // Each runs on the thread that stands for the caller's, and says which one waits for it.
    assert_eq!(seen.calls, calls.map(|(method, name)| (method, name.to_owned(), name.to_owned())));
    assert_eq!(seen.overlapping, 0);
}

#[test]
fn values_cross_as_the_published_schemas_say() {
    let node = Imitation::start(Mood::Well);
    let mining = mining(&node);
    let hash = BlockHash::all_zeros();
    assert_eq!(mining.wait_tip_changed(hash, None), Ok(None));
    let waited = mining.wait_tip_changed(hash, Some(Duration::from_secs(2)));
    assert_eq!(waited, Ok(Some(BlockRef { hash, height: 2000 })));
    let block = genesis_block(Network::Regtest);
    let told = |verdict: ipc::Result<Verdict>| match verdict.unwrap() {
        Verdict::Rejected { reason, debug } => (reason, debug),
        Verdict::Accepted => panic!("it is rejected"),
    };
    let options = BlockCheckOptions { check_merkle_root: true, check_pow: false };
    assert_eq!(told(mining.check_block(block.clone(), options)), ("high-hash".into(), "true false".into()));
    let first = template(&mining);
    assert_eq!(first.get_block().unwrap(), block);
    assert_eq!(first.get_block_header().unwrap(), block.header);
    assert_eq!(first.get_tx_fees(), Ok(vec![Amount::from_sat(1_234)]));
    let parts = first.get_coinbase_tx().unwrap();
    assert_eq!((parts.witness, parts.block_reward_remaining), (None, Amount::from_sat(5_000_000_000)));
    assert_eq!((parts.lock_time.to_consensus_u32(), parts.sequence.0), (6, 0xffff_fffe));
    let version = Version::from_consensus(-1);
    let solved = first.submit_solution(version, 2, 3, block.txdata[0].clone());
    assert_eq!(told(solved), ("told".into(), "0xffffffff 2 3".into()));
    assert!(first.wait_next(BlockWaitOptions::default()).unwrap().is_some());
    let brief = BlockWaitOptions { timeout: Some(SOON), ..BlockWaitOptions::default() };
    assert!(first.wait_next(brief).unwrap().is_none());
    // The one that came of the wait is gone already.
    assert_eq!(node.seen().destroyed, 1);
    drop(first);
    assert_eq!(node.seen().destroyed, 2);
    let rpc = ipc::connect::<dyn Init>(node.address()).unwrap().make_rpc().unwrap();
    assert_eq!(rpc.execute_rpc("a".into(), "b".into(), "c".into()), Ok("a b c".into()));
}

#[test]
fn many_threads_never_meet_on_one_of_the_nodes() {
    let node = Imitation::start(Mood::Well);
    let mining = mining(&node);
    thread::scope(|scope| {
        for _ in 0..8 {
            let mining = mining.clone();
            scope.spawn(move || {
                for _ in 0..20 {
                    assert!(template(&mining).get_block_header().is_ok());
                }
            });
        }
    });
    assert_eq!((node.seen().overlapping, node.seen().destroyed), (0, 160));
}

#[test]
fn objects_that_are_dropped_in_a_panic_do_not_meet_on_one_thread_either() {
    let node = Imitation::start(Mood::Well);
    let mining = mining(&node);
    let panicked = thread::scope(|scope| {
        let panics = scope.spawn(|| {
            let _held = [template(&mining), template(&mining), template(&mining)];
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        panics.join().is_err()
    });
    assert!(panicked);
    assert_eq!(node.wait_until(|seen| seen.destroyed == 3).overlapping, 0);
}

#[test]
fn a_deadline_ends_a_call_that_is_never_answered() {
    let node = Imitation::start(Mood::Silent);
    let mining = mining(&node);
    for _ in 0..3 {
        let created = ipc::deadline(SOON, || mining.create_new_block(BlockCreateOptions::default(), false));
        is(ExceptionKind::DeadlineExceeded, &created.map(drop).unwrap_err());
        // On a new thread: the old one may be busy for ever.
        assert_eq!(mining.is_test_chain(), Ok(true));
    }
    assert_eq!(node.seen().overlapping, 0);
}

#[test]
fn a_node_that_leaves_in_the_middle_of_a_wait_interrupts_it() {
    let node = Imitation::start(Mood::Leaving);
    let mining = mining(&node);
    let template = template(&mining);
    is(ExceptionKind::Interrupted, &template.wait_next(BlockWaitOptions::default()).map(drop).unwrap_err());
    is(ExceptionKind::Disconnected, &template.get_block().unwrap_err());
    is(ExceptionKind::Disconnected, &mining.get_tip().unwrap_err());
    // It is still there for others.
    assert!(ipc::connect::<dyn Init>(node.address()).is_ok());
}

#[test]
fn answers_of_the_wrong_type_are_errors_of_their_calls_alone() {
    let node = Imitation::start(Mood::Confused);
    let init: Arc<dyn Init> = ipc::connect(node.address()).unwrap();
    let mining = init.make_mining().unwrap();
    // A hash of 31 bytes, no object where there must be one, and an object of another interface.
    let short = mining.get_tip().unwrap_err();
    is(ExceptionKind::Protocol, &short);
    assert!(short.message().contains("expected the hash of a block, 32 bytes"), "{short}");
    is(ExceptionKind::Protocol, &init.make_rpc().map(drop).unwrap_err());
    let other = template(&mining);
    is(ExceptionKind::Unimplemented, &other.get_block().unwrap_err());
    drop(other);
    assert_eq!(mining.is_test_chain(), Ok(true));
}

#[test]
fn an_answer_that_no_message_may_hold_ends_the_connection() {
    let node = Imitation::start(Mood::Boundless);
    let mining = mining(&node);
    let template = template(&mining);
    let error = template.get_block().unwrap_err();
    is(ExceptionKind::Interrupted, &error);
    assert!(error.message().contains("bytes, at most"), "{error}");
    is(ExceptionKind::TooLarge, error.remote().expect("it says why the connection is lost"));
    is(ExceptionKind::Disconnected, &mining.get_tip().unwrap_err());
}

#[test]
fn values_that_take_too_much_memory_are_an_error_of_their_call_alone() {
    let node = Imitation::start(Mood::Well);
    let mut limits = Limits::default();
    limits.value_bytes = 200;
    let connected = ClientOptions::new().limits(limits).open::<dyn Init>(node.address()).unwrap();
    let template = template(&connected.root.make_mining().unwrap());
    is(ExceptionKind::TooLarge, &template.get_block().unwrap_err());
    assert!(template.get_block_header().is_ok());
}
