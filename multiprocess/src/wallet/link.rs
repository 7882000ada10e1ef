//! The way to the node.

use std::{env, sync::Arc, time::Duration};

use bitcoin::Network;
use interfaces::node::{Init, NodeOptions};
use ipc::{Address, ClientOptions, Connected, Connection, Process, Spawn, Spawned};

use crate::{
    Failure,
    cli::{TransportName, WalletArgs, network_name, resolve},
};

/// How long a spawned node may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// A connection to a node, which may be this process's child.
pub(super) struct Link {
    init: Arc<dyn Init>,
    connection: Connection,
    child: Option<Process>,
}

impl Link {
    /// Connects to the node that listens at the given address, or spawns one.
    ///
    /// # Errors
    ///
    /// If there is none, it can't be spawned, or it is on another network than was asked for.
    pub(super) fn open(args: WalletArgs) -> Result<Self, Failure> {
        let options = args.tls.options(args.ipcconnect.as_ref())?;
        match args.ipcconnect.clone() {
            Some(address) => {
                Self::connect(options, resolve(address, args.datadir.as_ref())?, args.network.map(Into::into))
            }
            None => Self::spawn(
                options,
                args.transport,
                NodeOptions {
                    network: args.network.unwrap_or_default().into(),
                    mine: args.mine.unwrap_or(0),
                    mine_every: args.mine_every,
                    debug: args.debug.iter().map(ToString::to_string).collect(),
                },
            ),
        }
    }

    fn connect(options: ClientOptions, address: Address, expected: Option<Network>) -> Result<Self, Failure> {
        let Connected { root, connection } = options.open::<dyn Init>(&address)?;
        if let Some(expected) = expected {
            let found = root.make_node()?.network()?;
            if found != expected {
                let (found, expected) = (network_name(found), network_name(expected));
                return Err(format!("the node at {address} is on {found}: expected {expected}").into());
            }
        }
        Ok(Self { init: root, connection, child: None })
    }

    /// The child gets two arguments, as Bitcoin Core's do, and so learns its options here.
    fn spawn(how: ClientOptions, transport: TransportName, options: NodeOptions) -> Result<Self, Failure> {
        let how = match transport {
            TransportName::Capnp => how,
            other => how.transport(other.scheme()),
        };
        let Spawned { root, connection, process } = how.spawn::<dyn Init>(Spawn::new(env::current_exe()?))?;
        let link = Self { init: root, connection, child: Some(process) };
        match link.init.start(options) {
            Ok(()) => Ok(link),
            Err(error) => {
                link.close();
                Err(error.into())
            }
        }
    }

    pub(super) fn init(&self) -> &Arc<dyn Init> {
        &self.init
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Closes the connection, and waits for a child to end, which it does by itself then.
    pub(super) fn close(self) {
        let Self { init, connection, child } = self;
        drop(init);
        if let Err(running) = connection.close(GRACE) {
            tracing::warn!(target: "wallet", %running, "closing");
        }
        drop(connection);
        let Some(child) = child else { return };
        match child.wait_timeout(GRACE) {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::warn!(target: "wallet", pid = child.id(), "the node does not end, and is killed");
                if let Err(error) = child.kill() {
                    tracing::warn!(target: "wallet", %error, "it can't be killed");
                }
            }
            Err(error) => tracing::warn!(target: "wallet", %error, "it is not known how the node ended"),
        }
    }
}
