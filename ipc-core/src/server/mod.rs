//! What every transport over streams needs to serve them: a loop that accepts, and a bound on how many there are.

mod accept_loop;
mod listening;
mod slots;

pub use accept_loop::AcceptLoop;
pub use listening::{Listening, Serving, at_socket};
pub use slots::{Slot, Slots};
