//! Peers that do what none should: each costs its own connection at most, and holds a bounded part of this process's memory.

#[path = "../support/mod.rs"]
mod support;

mod floods;
mod frames;
mod headers;
mod messages;
mod silence;
mod stage;
mod unread;
mod wire;
