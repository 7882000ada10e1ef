//! What a peer meets that writes its own messages, and no honest ones.

mod bounds;
mod given_up;
mod handshake;
mod objects;
mod peer;
mod returns;
mod server;
mod workers;
