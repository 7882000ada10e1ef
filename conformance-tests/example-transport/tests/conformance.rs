//! The contract, over this transport.

mod harness;

conformance_tests::suite!(harness::ExampleHarness);
