//! Failure: F1 to F11.

mod deadlines;
mod ends;
mod gone;
mod limits;
mod lost;
pub(super) mod malformed;
mod paused;
mod released;
mod servers;
mod shutdown;
mod slow;
mod sockets;
mod stopped;

use crate::case::Case;

pub(super) const CASES: &[&[Case]] = &[
    lost::CASES,
    released::CASES,
    ends::CASES,
    paused::CASES,
    sockets::CASES,
    servers::CASES,
    deadlines::CASES,
    stopped::CASES,
    slow::CASES,
    limits::CASES,
    shutdown::CASES,
    malformed::CASES,
    gone::CASES,
];
