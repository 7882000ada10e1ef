//! What a node says of a block.

use std::fmt;

/// What a node says of a block. On the wire it is three results: `reason`, `debug` and whether it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid, and was taken if that was the question.
    Accepted,
    /// It is not valid, not new, or not on the best chain.
    Rejected {
        /// A word or two, as BIP 22 has them: `high-hash`, `duplicate`, `inconclusive`.
        reason: String,
        /// More about it, for people; may be empty.
        debug: String,
    },
}

impl Verdict {
    /// Whether it is [`Accepted`](Self::Accepted).
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }
}

impl From<(String, String, bool)> for Verdict {
    fn from((reason, debug, accepted): (String, String, bool)) -> Self {
        if accepted { Self::Accepted } else { Self::Rejected { reason, debug } }
    }
}

impl From<Verdict> for (String, String, bool) {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepted => (String::new(), String::new(), true),
            Verdict::Rejected { reason, debug } => (reason, debug, false),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Rejected { reason, debug } if debug.is_empty() => write!(f, "rejected: {reason}"),
            Self::Rejected { reason, debug } => write!(f, "rejected: {reason}, {debug}"),
        }
    }
}
