//! The contract, over gRPC.

conformance_tests::suite!(conformance_tests::grpc::GrpcHarness);
