//! A little JSON-RPC.

use std::time::SystemTime;

use bitcoin::Network;
use interfaces::bitcoin_core::Rpc;
use ipc::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, refused};

/// What JSON-RPC 2.0 and Bitcoin Core say of a method that there is not, and of wrong parameters.
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMETER: i32 = -8;

/// Serves [`Rpc`].
pub(in crate::node) struct RpcObject {
    shared: Shared,
    since: SystemTime,
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    method: String,
    #[serde(default)]
    params: Value,
}

impl RpcObject {
    /// `since` is when the node was started.
    pub(in crate::node) fn new(shared: Shared, since: SystemTime) -> Self {
        Self { shared, since }
    }

    fn run(&self, Request { method, params, .. }: &Request) -> Result<Value, (i32, String)> {
        let chain = &self.shared.chain;
        Ok(match method.as_str() {
            "getblockcount" => json!(chain.tip().height),
            "getbestblockhash" => json!(chain.tip().hash.to_string()),
            "getblockhash" => {
                let height = height(params)?;
                let block = chain.at(height);
                json!(
                    block
                        .map_err(|tip| invalid(format!("Block height out of range: the tip has {tip}")))?
                        .hash
                        .to_string()
                )
            }
            "getblockchaininfo" => {
                let tip = chain.tip();
                let (network, behind) = (network(chain.network()), self.shared.is_behind());
                json!({
                    "chain": network, "blocks": tip.height, "headers": tip.height,
                    "bestblockhash": tip.hash.to_string(), "time": tip.header.time, "initialblockdownload": behind,
                })
            }
            "uptime" => json!(self.since.elapsed().unwrap_or_default().as_secs()),
            "stop" => {
                self.shared.shutdown.request();
                json!("the node is stopping")
            }
            _ => return Err((METHOD_NOT_FOUND, format!("Method not found: {method}"))),
        })
    }
}

impl Rpc for RpcObject {
    fn execute_rpc(&self, request: String, _uri: String, _user: String) -> Result<String> {
        let request: Request = serde_json::from_str(&request)
            .map_err(|error| refused(format!("expected a JSON-RPC request with a method: {error}")))?;
        let id = &request.id;
        let response = match self.run(&request) {
            Ok(result) => json!({ "result": result, "error": null, "id": id }),
            Err((code, message)) => json!({ "result": null, "error": { "code": code, "message": message }, "id": id }),
        };
        Ok(response.to_string())
    }
}

/// The only parameter, by place or by name.
fn height(params: &Value) -> Result<u32, (i32, String)> {
    let height = params.get(0).or_else(|| params.get("height")).and_then(Value::as_u64);
    let height = height.and_then(|height| u32::try_from(height).ok());
    height.ok_or_else(|| invalid("expected a height from 0".into()))
}

fn invalid(message: String) -> (i32, String) {
    (INVALID_PARAMETER, message)
}

/// As Bitcoin Core calls it.
fn network(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "main",
        Network::Testnet => "test",
        Network::Testnet4 => "testnet4",
        Network::Signet => "signet",
        _ => "regtest",
    }
}
