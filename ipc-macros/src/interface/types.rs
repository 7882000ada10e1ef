//! What the types in a method's signature may not be.
