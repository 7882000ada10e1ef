//! What both sides offer.
#![allow(missing_docs, reason = "declared as tarpc's macro wants it")]

use std::path::PathBuf;

use serde_bytes::ByteBuf;

use crate::work::{Item, Twenty};

#[tarpc::service]
pub(super) trait Work {
    async fn empty();
    async fn add(a: i32, b: i32) -> i32;
    async fn twenty(value: Twenty) -> Twenty;
    async fn result(length: u64) -> ByteBuf;
    async fn argument(bytes: ByteBuf) -> u64;
    async fn list() -> Vec<Item>;
    async fn attach(path: PathBuf) -> Result<u64, String>;
    async fn nested(session: u64, depth: u32) -> Result<u32, String>;
    async fn fire(session: u64, x: u32) -> Result<u32, String>;
    async fn create(start: i64) -> u64;
    async fn step(id: u64, by: i64) -> Option<i64>;
    async fn release(id: u64);
}

#[tarpc::service]
pub(super) trait Callbacks {
    async fn nested(depth: u32) -> Result<u32, String>;
    async fn stored(x: u32) -> u32;
}
