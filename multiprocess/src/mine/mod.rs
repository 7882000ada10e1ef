//! A small miner for any node that serves Bitcoin Core's mining interface: ours, or `bitcoin-node` on regtest.
//!
//! It takes a template, looks for the nonce, submits the block and waits for the next template. Ctrl-C interrupts the waits, gives back what it
//! holds and closes the connection: no node is left with a client's waits.

mod session;
mod stop;
mod work;

use interfaces::bitcoin_core::Init;
use ipc::Connected;

use self::{session::Session, stop::Stop};
use crate::{
    Failure,
    cli::{MineArgs, resolve},
    log, signals,
};

/// Mines until there are as many blocks as were asked for, or somebody presses Ctrl-C.
///
/// # Errors
///
/// If there is no node, it goes away, or rejects a block for another reason than that it comes too late.
pub(crate) fn run(args: &MineArgs) -> Result<(), Failure> {
    log::start("miner", &args.debug);
    let stop = Stop::default();
    let pressed = stop.clone();
    signals::on_stop(move || pressed.request())?;

    let address = resolve(args.ipcconnect.clone(), args.datadir.as_ref())?;
    let Connected { root, connection } = args.tls.options(Some(&address))?.open::<dyn Init>(&address)?;
    let mined = Session::begin(&root, &stop).and_then(|session| session.mine(args.count));
    drop(root);
    if let Err(running) = connection.close(session::GRACE) {
        tracing::warn!(target: "miner", %running, "closing");
    }
    mined
}
