//! The same programs, over gRPC.

mod support;

use support::{GENESIS, run};

#[test]
fn a_node_is_spawned_and_asked_over_grpc() {
    let done = run(&["wallet", "hash", "0", "--network", "mainnet", "--transport", "grpc"]);
    assert_eq!(done.err, [""; 0]);
    assert_eq!(done.out, [GENESIS]);
}

#[test]
fn callbacks_come_over_grpc() {
    let args = ["wallet", "--transport", "grpc", "--network", "regtest", "--mine", "3", "scan", "1"];
    let heights: Vec<String> = run(&args).out.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(heights, ["1", "2", "3"]);
}
