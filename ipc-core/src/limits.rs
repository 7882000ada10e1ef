//! Bounds on what a peer can make this side hold.

/// Bounds of one connection. What passes one fails alone, with `Overloaded` or `TooLarge`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest message in bytes, in both directions. 64 MiB by default, as Cap'n Proto's readers have it.
    pub message_bytes: usize,
    /// The most memory in bytes that the values of one message may take when read. 256 MiB by default.
    pub value_bytes: usize,
    /// How deep values may be nested. 64 by default, as Cap'n Proto's readers have it.
    pub value_depth: usize,
    /// The most threads that serve the peer's. 1,024 by default.
    pub server_threads: usize,
    /// The most calls of the peer that may wait or run at the same time. 4,096 by default.
    pub calls_served: usize,
    /// The most calls of this side that may wait for replies. 65,536 by default.
    pub calls_made: usize,
    /// The most own objects that the peer may hold. 1,048,576 by default.
    pub exports: usize,
    /// The most objects of the peer's that this side may hold. 1,048,576 by default. A peer that sends more, as ours does only
    /// with a larger limit on its own, is disconnected.
    pub imports: usize,
    /// How many bytes may wait to be written before a further call waits. 8 MiB by default; one message may pass it.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            value_bytes: 256 << 20,
            value_depth: 64,
            server_threads: 1024,
            calls_served: 4096,
            calls_made: 1 << 16,
            exports: 1 << 20,
            imports: 1 << 20,
            output_bytes: 8 << 20,
        }
    }
}
