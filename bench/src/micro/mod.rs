//! What happens inside of a call, one step at a time: for `cargo bench`, and for counting instructions.

#[cfg(feature = "capnp")]
mod dispatch;
mod handover;
#[cfg(feature = "capnp")]
mod layout;
#[cfg(any(feature = "capnp", feature = "grpc", feature = "local"))]
mod marshal;
#[cfg(any(feature = "capnp", feature = "grpc", feature = "local"))]
mod messages;
#[cfg(feature = "local")]
mod session;

/// A step, and how to do it so many times.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it is called in reports and in the committed baseline.
    pub name: &'static str,
    /// Whether threads wait for each other in it. How often they look depends on the moment, so its instructions tell nothing.
    pub threads: bool,
    /// Does it so many times, after what has to be there.
    pub run: fn(u64),
}

/// All steps that this build has.
pub fn steps() -> Vec<Step> {
    [
        #[cfg(feature = "capnp")]
        &[layout::STEP],
        #[cfg(feature = "capnp")]
        marshal::CAPNP,
        #[cfg(feature = "grpc")]
        marshal::GRPC,
        #[cfg(feature = "local")]
        marshal::LOCAL,
        #[cfg(feature = "capnp")]
        dispatch::STEPS,
        #[cfg(feature = "local")]
        session::STEPS,
        handover::STEPS,
    ]
    .concat()
}
