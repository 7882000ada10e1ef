//! The node: it holds a chain, and serves it to whoever connects or has spawned it.

mod bitcoin_core;
mod chain;
mod control;
mod init;
mod observe;
mod process;
mod shutdown;

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path, sync::Arc, time::Duration};

use interfaces::node::{Init, NodeOptions};
use ipc::{Address, Connection, Parent, Server, ServerOptions, ServerTls, StillRunning};

use self::{init::InitObject, process::NodeProcess, shutdown::Shutdown};
use crate::{
    Failure,
    cli::{NodeArgs, datadir, resolve},
    signals,
};

/// How long calls may take to end when the node shuts down.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a node that was started from a command line, until it is asked to stop.
///
/// # Errors
///
/// If its options make no sense or it can't listen.
pub(crate) fn run(args: &NodeArgs) -> Result<(), Failure> {
    let tls = args.tls.server(&args.ipcbind)?;
    let shutdown = Shutdown::default();
    let stop = shutdown.clone();
    signals::on_stop(move || stop.request())?;

    let process = Arc::new(NodeProcess::new(shutdown.clone()));
    process.start(NodeOptions {
        network: args.network.into(),
        mine: args.mine,
        mine_every: args.mine_every,
        debug: args.debug.iter().map(ToString::to_string).collect(),
    })?;
    let servers = listen(args, tls.as_ref(), &process)?;
    for server in &servers {
        println!("listening at {}", server.address());
    }
    shutdown.wait();
    process.stop();
    report(servers.into_iter().map(|server| server.close(GRACE)));
    Ok(())
}

/// Runs a node that was spawned: its options come from its parent, and it ends with it.
///
/// # Errors
///
/// If the parent is gone already.
pub(crate) fn run_spawned(parent: Parent) -> Result<(), Failure> {
    let shutdown = Shutdown::default();
    let stop = shutdown.clone();
    signals::on_stop_of_child(move || stop.request())?;

    let process = Arc::new(NodeProcess::new(shutdown.clone()));
    let connection: Connection = parent.serve(root(&process))?;
    let gone = shutdown.clone();
    connection.on_disconnect(move |_| gone.request());
    shutdown.wait();
    process.stop();
    report([connection.close(GRACE)]);
    Ok(())
}

fn root(process: &Arc<NodeProcess>) -> Arc<dyn Init> {
    Arc::new(InitObject::new(Arc::clone(process)))
}

fn listen(args: &NodeArgs, tls: Option<&ServerTls>, process: &Arc<NodeProcess>) -> Result<Vec<Server>, Failure> {
    let addresses = if args.ipcbind.is_empty() { vec![Address::default_unix()] } else { args.ipcbind.clone() };
    let mut servers = Vec::new();
    for address in addresses {
        let address = resolve(address, args.datadir.as_ref())?;
        if matches!(address.endpoint(), ipc::Endpoint::Unix(_)) {
            make_private(&datadir(args.datadir.as_ref())?)?;
        }
        let mut options = ServerOptions::new();
        if let Some(tls) = tls {
            options = options.tls(tls.clone());
        }
        servers.push(options.serve(address, root(process))?);
    }
    Ok(servers)
}

/// Makes the data directory, for this user alone.
fn make_private(dir: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|e| format!("cannot make the data directory {}: {e}", dir.display()).into())
}

fn report(closed: impl IntoIterator<Item = Result<(), StillRunning>>) {
    for running in closed.into_iter().filter_map(Result::err) {
        tracing::warn!(target: "node", %running, "shutting down");
    }
}
