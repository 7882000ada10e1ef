//! Asking for the hash of a block, in another process.

mod support;

use support::{GENESIS, run};

#[test]
fn the_last_line_is_the_hash() {
    let done = run(&["wallet", "hash", "0", "--network", "mainnet"]);
    assert!(done.status.success());
    assert_eq!(done.out.last().unwrap(), GENESIS);
    assert_eq!(done.err, [""; 0]);
}

#[test]
fn each_network_has_its_own_genesis_block() {
    for (network, hash) in [
        ("testnet", "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"),
        ("regtest", "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"),
    ] {
        assert_eq!(run(&["wallet", "--network", network, "hash", "0"]).out, [hash]);
    }
}

#[test]
fn blocks_that_are_mined_have_hashes_too() {
    let scanned = run(&["wallet", "--network", "regtest", "--mine", "3", "scan", "1"]);
    let heights: Vec<&str> = scanned.out.iter().map(|line| line.split_once(' ').unwrap().0).collect();
    assert_eq!(heights, ["1", "2", "3"]);
    // Mined again, they are the same.
    let hash = run(&["wallet", "--network", "regtest", "--mine", "3", "hash", "2"]);
    assert!(scanned.out[1].ends_with(&hash.out[0]));
}

#[test]
fn an_unknown_height_is_an_error_with_the_height_of_the_tip() {
    let done = run(&["wallet", "--network", "regtest", "--mine", "21", "hash", "4711"]);
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(done.out, [""; 0]);
    assert_eq!(done.err, ["error: there is no block at height 4711: the last one, the tip, has height 21"]);
}

#[test]
fn mining_is_refused_where_it_takes_more_than_a_computer() {
    for args in [&["wallet", "--mine", "1", "tip"][..], &["wallet", "generate", "1"], &["node", "--mine", "1"]] {
        let done = run(args);
        assert_eq!(done.status.code(), Some(1));
        assert_eq!(done.err, ["error: blocks are mined at will on regtest only, this node is on mainnet"]);
    }
}
