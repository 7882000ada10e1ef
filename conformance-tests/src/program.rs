//! The program with all transports that this crate was built with.

use std::process::ExitCode;

/// The `main` of this crate's program: as [`main`](crate::main), for the transport that `--transport` names.
pub fn program() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let named = args.iter().position(|arg| arg == "--transport").and_then(|at| args.get(at + 1)?.to_str());
    match crate::run::transport(&args).or(named) {
        #[cfg(feature = "capnp")]
        None | Some("capnp") => crate::main::<crate::capnp::CapnpHarness>(),
        #[cfg(feature = "local")]
        Some("local") => crate::main::<crate::local::LocalHarness>(),
        #[cfg(feature = "grpc")]
        Some("grpc") => crate::main::<crate::grpc::GrpcHarness>(),
        #[cfg(feature = "local")]
        Some("local-direct") => crate::main::<crate::local::LocalDirectHarness>(),
        other => {
            eprintln!(
                "expected one of the transports that this was built with: {}; got {}",
                NAMES.join(", "),
                other.unwrap_or("none")
            );
            ExitCode::from(2)
        }
    }
}

const NAMES: &[&str] = &[
    #[cfg(feature = "capnp")]
    "capnp",
    #[cfg(feature = "local")]
    "local",
    #[cfg(feature = "grpc")]
    "grpc",
    #[cfg(feature = "local")]
    "local-direct",
];
