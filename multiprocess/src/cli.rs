//! The command line.

use std::{env, ffi::OsString, fmt, num::NonZeroU32, path::PathBuf, time::Duration};

use bitcoin::Network;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};
use ipc::Address;

use crate::tls::TlsArgs;

/// The file name of the default socket.
const SOCKET: &str = "node.sock";

/// A node, a wallet and a miner, each in a process of its own.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Cli {
    /// What to be.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or the help or version that it asks for.
    pub(crate) fn read(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let cli = Self::try_parse_from(args)?;
        // Clap itself does not hold options before and after a subcommand against each other.
        if let Command::Wallet(WalletArgs { ipcconnect: Some(_), mine, mine_every, .. }) = &cli.command
            && (mine.is_some() || mine_every.is_some())
        {
            let message = "--mine and --mine-every are for a node that the wallet spawns: they cannot be used with \
                           --ipcconnect; the action `generate` has any node mine";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(cli)
    }
}

/// What to be.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hold a chain in memory and serve it.
    Node(NodeArgs),
    /// Ask a node.
    Wallet(WalletArgs),
    /// Mine on a test chain, through the interfaces of Bitcoin Core: on this node or on its `bitcoin-node`.
    Mine(MineArgs),
}

/// The command line of a node.
#[derive(Args, Debug)]
pub(crate) struct NodeArgs {
    /// Whose chain to hold; it begins with that network's genesis block.
    #[arg(long, value_enum, default_value_t, value_name = "NETWORK")]
    pub(crate) network: NetworkName,
    /// The directory that relative socket paths start at [default: ~/.multiprocess].
    #[arg(long, value_name = "DIR")]
    pub(crate) datadir: Option<PathBuf>,
    /// Blocks to mine before serving, on regtest.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) mine: u32,
    /// Mine a block every so many seconds, on regtest.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) mine_every: Option<Duration>,
    /// Where to listen: `unix` (DIR/node.sock, the default), unix:PATH or tcp:HOST:PORT, with
    /// `grpc+` before it for gRPC, or grpc+tls:HOST:PORT; may be given more than once.
    #[arg(long, value_name = "ADDR")]
    pub(crate) ipcbind: Vec<Address>,
    /// What addresses with TLS need.
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// Print debug messages of a category.
    #[arg(long, value_enum, value_name = "CATEGORY")]
    pub(crate) debug: Vec<Category>,
}

/// The command line of a miner.
#[derive(Args, Debug)]
pub(crate) struct MineArgs {
    /// Where the node listens: `unix` (DIR/node.sock), unix:PATH or tcp:HOST:PORT, with `grpc+` before it for gRPC, or
    /// grpc+tls:HOST:PORT.
    #[arg(long, value_name = "ADDR")]
    pub(crate) ipcconnect: Address,
    /// What an address with TLS needs.
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// The directory that a relative socket path starts at [default: ~/.multiprocess].
    #[arg(long, value_name = "DIR")]
    pub(crate) datadir: Option<PathBuf>,
    /// Stop after so many blocks.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<NonZeroU32>,
    /// Print debug messages of a category.
    #[arg(long, value_enum, value_name = "CATEGORY")]
    pub(crate) debug: Vec<Category>,
}

/// The command line of a wallet.
#[derive(Args, Debug)]
pub(crate) struct WalletArgs {
    /// Where a node listens: `unix` (DIR/node.sock), unix:PATH or tcp:HOST:PORT, with `grpc+` before it for gRPC, or
    /// grpc+tls:HOST:PORT. Without it, a node is spawned.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(crate) ipcconnect: Option<Address>,
    /// What an address with TLS needs.
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// How to talk to a node that is spawned.
    #[arg(long, global = true, value_enum, value_name = "TRANSPORT", default_value_t, conflicts_with = "ipcconnect")]
    pub(crate) transport: TransportName,
    /// The network of the node: that of one to spawn [default: mainnet], or what one that listens must be on.
    #[arg(long, global = true, value_enum, value_name = "NETWORK")]
    pub(crate) network: Option<NetworkName>,
    /// The directory that a relative socket path starts at [default: ~/.multiprocess].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) datadir: Option<PathBuf>,
    /// Blocks that a spawned node mines first, on regtest.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) mine: Option<u32>,
    /// Have a spawned node mine a block every so many seconds, on regtest.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) mine_every: Option<Duration>,
    /// Print debug messages of a category; a spawned node prints them too.
    #[arg(long, global = true, value_enum, value_name = "CATEGORY")]
    pub(crate) debug: Vec<Category>,
    /// What to ask.
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What a wallet asks.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Action {
    /// Print the hash of the block at a height.
    Hash {
        /// Counted from the genesis block, which has 0.
        height: u32,
    },
    /// Print the height and hash of the last block.
    Tip,
    /// Print the height and hash of each new last block, as the node tells of it.
    Follow {
        /// Stop after so many.
        #[arg(long, value_name = "N")]
        count: Option<NonZeroU32>,
    },
    /// Print the height and hash of each block from a height on.
    Scan {
        /// Where to begin.
        #[arg(default_value_t = 0)]
        from: u32,
    },
    /// Have the node mine blocks, on regtest, and print their hashes.
    Generate {
        /// How many.
        count: u32,
    },
}

/// A transport, by its scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportName {
    /// Cap'n Proto, as Bitcoin Core's programs have it.
    #[default]
    Capnp,
    /// gRPC.
    Grpc,
}

impl TransportName {
    /// The scheme.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Capnp => "capnp",
            Self::Grpc => "grpc",
        }
    }
}

/// A network, as people name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkName {
    /// The one with the money.
    #[default]
    Mainnet,
    /// The third test network.
    Testnet,
    /// The fourth test network.
    Testnet4,
    /// The signed test network.
    Signet,
    /// One's own, where blocks are mined at will.
    Regtest,
}

/// What debug messages are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Category {
    /// Calls between processes.
    Ipc,
}

impl From<NetworkName> for Network {
    fn from(name: NetworkName) -> Self {
        match name {
            NetworkName::Mainnet => Self::Bitcoin,
            NetworkName::Testnet => Self::Testnet,
            NetworkName::Testnet4 => Self::Testnet4,
            NetworkName::Signet => Self::Signet,
            NetworkName::Regtest => Self::Regtest,
        }
    }
}

/// A network, as people name it here.
pub(crate) fn network_name(network: Network) -> String {
    if network == Network::Bitcoin { "mainnet".into() } else { network.to_string() }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipc => f.write_str("ipc"),
        }
    }
}

/// The data directory: what was given, or the default.
///
/// # Errors
///
/// If nothing was given and there is no home directory.
pub(crate) fn datadir(given: Option<&PathBuf>) -> Result<PathBuf, String> {
    match (given, env::home_dir()) {
        (Some(given), _) => Ok(given.clone()),
        (None, Some(home)) if !home.as_os_str().is_empty() => Ok(home.join(".multiprocess")),
        (None, _) => Err("there is no home directory to keep data in: expected --datadir DIR".into()),
    }
}

/// An address with a complete path.
///
/// # Errors
///
/// As for [`datadir`].
pub(crate) fn resolve(address: Address, given: Option<&PathBuf>) -> Result<Address, String> {
    Ok(address.resolve(&datadir(given)?, SOCKET))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or_else(|| "expected seconds, more than 0, such as 0.5".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_the_wallet_may_follow_its_action() {
        let cli = Cli::read(["multiprocess", "wallet", "hash", "0", "--network", "mainnet"]).unwrap();
        let Command::Wallet(args) = cli.command else { panic!("{cli:?}") };
        assert_eq!(args.network, Some(NetworkName::Mainnet));
        assert!(matches!(args.action, Action::Hash { height: 0 }));
    }

    #[test]
    fn bad_input_says_what_was_expected() {
        for (args, expected) in [
            (&["node", "--ipcbind", "node.sock"][..], "expected [SCHEME+]unix[:PATH]"),
            (&["node", "--mine-every", "0"], "expected seconds"),
            (&["node", "--network", "moon"], "possible values: mainnet"),
            (&["wallet", "--ipcconnect", "unix", "tip", "--mine", "1"], "cannot be used with"),
            (&["wallet", "hash", "-1"], "unexpected argument"),
        ] {
            let error = Cli::read([&["multiprocess"], args].concat()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
