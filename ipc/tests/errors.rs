//! What people are told who give addresses that lead nowhere.

mod support;

use ipc::{AddressError, Exception, ExceptionKind};
use support::{Init, Served};

fn errors(address: &str) -> [Exception; 2] {
    let connecting = ipc::connect::<dyn Init>(address).err().unwrap();
    let serving = ipc::serve(address, Served::object().0).unwrap_err();
    [connecting, serving]
}

#[test]
fn what_is_no_address_says_what_was_expected() {
    for error in errors("node.sock") {
        assert_eq!(error.kind(), ExceptionKind::Protocol);
        assert!(error.message().contains("expected [SCHEME+]unix[:PATH]"), "{error}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.downcast_ref::<AddressError>().is_some());
    }
}

#[test]
fn a_scheme_without_a_transport_says_which_there_are() {
    for error in errors("http+unix:/node.sock").into_iter().chain(errors("http+tcp:h:80")) {
        assert_eq!(error.kind(), ExceptionKind::Unimplemented);
        assert!(error.message().contains("expected one of"), "{error}");
    }
}

#[cfg(feature = "capnp")]
#[test]
fn a_default_path_must_be_resolved_first() {
    for error in errors("unix") {
        assert_eq!(error.kind(), ExceptionKind::Unimplemented);
        assert!(error.message().contains("expected unix:PATH"), "{error}");
    }
}

#[cfg(feature = "capnp")]
#[test]
fn nobody_there_is_disconnected() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("unix:{}/node.sock", dir.path().display());
    let error = ipc::connect::<dyn Init>(&address).err().unwrap();
    assert_eq!(error.kind(), ExceptionKind::Disconnected);
    assert!(error.message().contains("nobody listens"), "{error}");
}
