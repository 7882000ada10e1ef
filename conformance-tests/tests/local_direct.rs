//! The contract, within one process and on the caller's own thread: its weaker clauses.

conformance_tests::suite!(conformance_tests::local::LocalDirectHarness);
