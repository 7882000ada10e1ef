//! The contract, within one process.

conformance_tests::suite!(conformance_tests::local::LocalHarness);
