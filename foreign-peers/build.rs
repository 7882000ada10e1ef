//! Generates code from the derived schemas, as users of other programs would; and says whether there is a `bitcoin-node` to
//! test against, since without one those tests are to be seen as ignored.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(bitcoin_node)");
    println!("cargo:rerun-if-env-changed=BITCOIN_NODE");
    if std::env::var_os("BITCOIN_NODE").is_some_and(|path| !path.is_empty()) {
        println!("cargo:rustc-cfg=bitcoin_node");
    }
    let schemas = "../interfaces/schema";
    println!("cargo:rerun-if-changed={schemas}");
    let mut command = capnpc::CompilerCommand::new();
    command.src_prefix(schemas).import_path(schemas).default_parent_module(vec!["derived".into()]);
    for file in [
        "mp/proxy",
        "types",
        "node",
        "bitcoin_core/common",
        "bitcoin_core/echo",
        "bitcoin_core/init",
        "bitcoin_core/mining",
        "bitcoin_core/rpc",
    ] {
        command.file(format!("{schemas}/{file}.capnp"));
    }
    if let Err(error) = command.run() {
        panic!("the derived schemas do not compile; on Debian and Ubuntu, apt-get install capnproto: {error}");
    }
}
