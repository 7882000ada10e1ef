//! The peer: this program, executed again as a server.

use std::{ffi::OsString, fs, io, num::NonZeroUsize, path::Path, process::ExitCode, sync::Arc, thread};

use ipc_core::{
    AcceptLoop, Address, BindOptions, Exception, ExceptionKind, Limits, Listener, Options, Result, Stream, Transport,
    spawned,
};

use crate::server::Server;

/// The argument that makes this program a peer; after `-ipcfd N`.
pub(crate) const PEER: &str = "--conformance-peer";

/// The file that a peer writes its address to.
const ADDRESS: &str = "address";

/// The arguments of a peer, which is to tell in a directory where it listens.
pub(crate) fn arguments(transport: &str, address: &Address, directory: &Path, limits: &Limits) -> Vec<OsString> {
    let limits = FIELDS.iter().map(|(name, field)| format!("{name}={}", field(&mut limits.clone())));
    let limits = limits.collect::<Vec<_>>().join(",");
    let mut arguments = [PEER, transport, &address.to_string(), &limits].map(OsString::from).to_vec();
    arguments.push(directory.into());
    arguments
}

/// Where the peer listens that has this directory: with the port that it got.
pub(crate) fn address(directory: &Path) -> Result<Address> {
    let told = fs::read_to_string(directory.join(ADDRESS)).map_err(|error| untold(&error))?;
    Ok(told.parse::<Address>()?)
}

fn untold(error: &io::Error) -> Exception {
    Exception::new(ExceptionKind::Disconnected, format!("nobody knows where the peer listens: {error}"))
}

type Field = fn(&mut Limits) -> &mut usize;

const FIELDS: &[(&str, Field)] = &[
    ("message_bytes", |limits| &mut limits.message_bytes),
    ("value_bytes", |limits| &mut limits.value_bytes),
    ("value_depth", |limits| &mut limits.value_depth),
    ("server_threads", |limits| &mut limits.server_threads),
    ("calls_served", |limits| &mut limits.calls_served),
    ("calls_made", |limits| &mut limits.calls_made),
    ("exports", |limits| &mut limits.exports),
    ("imports", |limits| &mut limits.imports),
    ("output_bytes", |limits| &mut limits.output_bytes),
];

/// For harnesses over streams: the transport that a peer's arguments name, if they are a peer's.
pub(crate) fn transport(args: &[OsString]) -> Option<&str> {
    match args {
        [_, fd, _, peer, transport, ..] if fd == spawned::ARGUMENT && peer == PEER => transport.to_str(),
        _ => None,
    }
}

/// Serves until it is killed.
pub(crate) fn run(transport: impl Transport, mut args: Vec<OsString>) -> ExitCode {
    match serve(transport, &mut args) {
        Err(error) => {
            eprintln!("the peer failed: {error}");
            ExitCode::FAILURE
        }
        Ok(_loop) => loop {
            // Its parent kills it, and so does its parent's end.
            thread::park();
        },
    }
}

fn serve(transport: impl Transport, args: &mut Vec<OsString>) -> Result<AcceptLoop> {
    let missing = |what: &str| Exception::new(ExceptionKind::Protocol, format!("a peer needs {what}"));
    let stream = spawned::from_args(args)?.ok_or_else(|| missing("-ipcfd N"))?;
    let text = |at: usize| args.get(at).and_then(|arg| arg.to_str());
    let address: Address = text(3).ok_or_else(|| missing("an address"))?.parse().map_err(|_| missing("an address"))?;
    let limits = parse(text(4).ok_or_else(|| missing("limits"))?).ok_or_else(|| missing("limits"))?;
    let directory = args.get(5).ok_or_else(|| missing("a directory"))?;
    let server = Arc::<Server>::default();
    let mut options = Options::default();
    options.limits = limits;
    let transport = Arc::new(transport);
    server.set_serve_at({
        let (transport, options, server) = (transport.clone(), options.clone(), Arc::downgrade(&server));
        move |address| {
            let stream = Stream::connect(&address.parse()?)?;
            let server = server.upgrade().ok_or_else(|| missing("its server"))?;
            server.hand_over(transport.connect(stream, options.clone())?)
        }
    });
    let serve = move |stream: Stream| {
        let (number, root) = server.root();
        match transport.accept(stream, root, options.clone()) {
            Ok(connection) => server.add(number, connection),
            Err(error) => eprintln!("the peer cannot serve connection {number}: {error}"),
        }
    };
    let listener = Listener::bind(&address, &BindOptions::new())?;
    fs::write(Path::new(directory).join(ADDRESS), listener.address().to_string()).map_err(|error| untold(&error))?;
    // Who is spawned with a stream connects elsewhere only after the hand-shake on that.
    serve(stream);
    let most = NonZeroUsize::new(1 << 16).unwrap_or(NonZeroUsize::MIN);
    AcceptLoop::start(listener, most, move |stream, slot| {
        serve(stream);
        drop(slot);
    })
}

fn parse(text: &str) -> Option<Limits> {
    let mut limits = Limits::default();
    for part in text.split(',') {
        let (name, value) = part.split_once('=')?;
        let (_, field) = FIELDS.iter().find(|(known, _)| *known == name)?;
        *field(&mut limits) = value.parse().ok()?;
    }
    Some(limits)
}
