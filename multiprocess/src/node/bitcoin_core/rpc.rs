//! A little JSON-RPC.

use std::time::SystemTime;

use bitcoin::Network;
use interfaces::bitcoin_core::Rpc;
use ipc::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;

/// What JSON-RPC 2.0 and Bitcoin Core say of what is no object, of one that is no request, of a method that there is not, and
/// of wrong parameters.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMETER: i32 = -8;

/// Serves [`Rpc`].
pub(in crate::node) struct RpcObject {
    shared: Shared,
    since: SystemTime,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    #[serde(default)]
    params: Value,
}

impl RpcObject {
    /// `since` is when the node was started.
    pub(in crate::node) fn new(shared: Shared, since: SystemTime) -> Self {
        Self { shared, since }
    }

    fn run(&self, Request { method, params }: &Request) -> Result<Value, (i32, String)> {
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
        let object = match serde_json::from_str(&request) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(_) => Err((PARSE_ERROR, "expected a JSON-RPC request, which is an object".into())),
            Err(error) => Err((PARSE_ERROR, format!("expected a JSON-RPC request: {error}"))),
        };
        let id = object.as_ref().map_or(Value::Null, |object| object["id"].clone());
        let request = object.and_then(|object| {
            let expected = |error| format!("expected a JSON-RPC request with a method: {error}");
            Request::deserialize(object).map_err(|error| (INVALID_REQUEST, expected(error)))
        });
        let response = match request.and_then(|request| self.run(&request)) {
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
