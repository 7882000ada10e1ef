//! Derived `.capnp` text.
