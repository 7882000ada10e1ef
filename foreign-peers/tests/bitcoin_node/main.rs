//! Our client, and our miner, at a real `bitcoin-node` on regtest. Without one these tests are shown as ignored: set
//! `BITCOIN_NODE` to the path of the program.

mod calls;
mod ends;
mod mempool;
mod miner;
mod tools;
mod waits;
