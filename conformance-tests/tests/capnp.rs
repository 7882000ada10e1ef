//! The contract, over Cap'n Proto.

conformance_tests::suite!(conformance_tests::capnp::CapnpHarness);
