//! `cargo run --manifest-path bench/generate/Cargo.toml` writes `src/peers/{capnp_rpc,tonic}/generated`.

use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/peers");
    let capnp = peers.join("capnp_rpc");
    capnpc::CompilerCommand::new()
        .src_prefix(&capnp)
        .file(capnp.join("work.capnp"))
        .output_path(capnp.join("generated"))
        .default_parent_module(["peers", "capnp_rpc", "generated"].map(String::from).to_vec())
        .run()?;

    let tonic = peers.join("tonic");
    let files = protox::compile(["work.proto"], [&tonic])?;
    let generated = tonic.join("generated");
    fs::create_dir_all(&generated)?;
    tonic_prost_build::configure().bytes(".").out_dir(generated).compile_fds(files)?;
    Ok(())
}
