//! The transport with the fault: the example's, made again of its parts.

use std::sync::Arc;

use conformance_tests::{RawBytes, session, streams::OverStreams};
use example_transport::framing;
use ipc_core::{Connected, Connection, Interface, Options, Result, Stream, Transport, session::End};

use crate::{
    faults::{At, current},
    forward::forward,
    frames::Side,
    line::Line,
    link,
};

/// The transport.
pub(crate) struct Broken;

impl Transport for Broken {
    fn scheme(&self) -> &'static str {
        "broken"
    }

    fn connect<I: Interface + ?Sized>(&self, stream: Stream, options: Options) -> Result<Connected<I>> {
        let line = Line::new(stream, Side::Client);
        let codec = line.codec();
        let end = End::client(codec, line.peer(), limited(options), |end| line.mover(end));
        line.start(&end)?;
        let Connected { root, connection } = end.connect::<I>()?;
        let root = match current() {
            At::Root(rule) => forward(&root, rule, &line.lost()),
            _ => root,
        };
        Ok(Connected { root, connection: link::wrapped(connection) })
    }

    fn accept<I: Interface + ?Sized>(&self, stream: Stream, root: Arc<I>, options: Options) -> Result<Connection> {
        let line = Line::new(stream, Side::Server);
        let codec = line.codec();
        let (end, connection) = End::server(codec, line.peer(), &root, limited(options), |end| line.mover(end));
        line.start(&end)?;
        Ok(link::wrapped(connection))
    }
}

fn limited(mut options: Options) -> Options {
    if let At::Limits(set) = current() {
        set(&mut options.limits);
    }
    options
}

/// The harness.
#[derive(Default)]
pub(crate) struct OverBroken;

impl OverStreams for OverBroken {
    const NAME: &'static str = "broken";

    type Transport = Broken;

    fn transport(&self) -> Broken {
        Broken
    }

    fn raw_bytes(&self) -> Vec<RawBytes> {
        session::raw_bytes(framing::encode)
    }
}
