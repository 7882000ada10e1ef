//! The two processes.

use std::error::Error;

use ipc_core::{Exception, ExceptionKind, Process, Result, Spawn, Stream};

use crate::{
    cli::Serve,
    pin::{Pin, pin},
    transports,
};

/// Spawns this program as the server of a transport.
pub(crate) fn server(transport: &str, pin: Option<Pin>) -> Result<(Process, Stream)> {
    let program = std::env::current_exe()
        .map_err(|e| Exception::new(ExceptionKind::Unimplemented, "cannot find this program").with_source(e))?;
    let mut spawn = Spawn::new(program).die_with_parent(true).arg("serve").arg(transport);
    if let Some(pin) = pin {
        spawn = spawn.args(["--core".into(), pin.server.to_string()]);
    }
    let mut process = spawn.spawn()?;
    let stream = process
        .take_stream()
        .ok_or_else(|| Exception::new(ExceptionKind::Protocol, "a spawned process comes with a stream"))?;
    Ok((process, stream))
}

/// Is such a server, until its client is gone.
pub(crate) fn serve(options: &Serve, stream: Stream) -> Result<(), Box<dyn Error>> {
    if let Some(core) = options.core {
        // Before there is any other thread: all will inherit it.
        pin(core)?;
    }
    transports::serve(&options.transport, stream)?;
    Ok(())
}
