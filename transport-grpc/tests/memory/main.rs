//! What hostile peers make this process hold. It is one of its own, since the most that it holds is measured.

#[path = "../hostile/messages.rs"]
#[allow(dead_code, reason = "shared with the hostile peers")]
mod messages;
#[path = "../hostile/stage.rs"]
#[allow(dead_code, reason = "shared with the hostile peers")]
mod stage;
#[path = "../support/mod.rs"]
mod support;
#[path = "../hostile/wire.rs"]
mod wire;

mod calls;
mod control;
mod peak;
mod references;
