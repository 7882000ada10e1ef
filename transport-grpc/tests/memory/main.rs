//! Messages that are small for what they would take in memory. In a process of their own: the most that it ever held is
//! measured.

#[path = "../hostile/messages.rs"]
#[allow(dead_code, reason = "shared with the hostile peers")]
mod messages;
#[path = "../hostile/stage.rs"]
#[allow(dead_code, reason = "shared with the hostile peers")]
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod calls;
mod peak;
mod references;
