//! The syntax of addresses.

use std::path::Path;

use ipc_core::{Address, AddressError, Endpoint, Exception, ExceptionKind};
use proptest::prelude::*;

fn parse(text: &str) -> Address {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn error(text: &str) -> AddressError {
    text.parse::<Address>().expect_err(text)
}

#[test]
fn every_form_parses_to_what_it_names() {
    let tcp = |host: &str, port| Endpoint::Tcp { host: host.into(), port };
    let cases = [
        ("unix", None, Endpoint::Unix(None)),
        ("unix:/run/node.sock", None, Endpoint::Unix(Some("/run/node.sock".into()))),
        ("capnp+unix", Some("capnp"), Endpoint::Unix(None)),
        ("capnp+unix:a b:c+d", Some("capnp"), Endpoint::Unix(Some("a b:c+d".into()))),
        ("tcp:localhost:80", None, tcp("localhost", 80)),
        ("grpc+tcp:127.0.0.1:0", Some("grpc"), tcp("127.0.0.1", 0)),
        ("grpc+tcp:[::1]:65535", Some("grpc"), tcp("::1", 65535)),
        ("x-1.y+tls:node.example:443", Some("x-1.y"), Endpoint::Tls { host: "node.example".into(), port: 443 }),
        ("local:node", None, Endpoint::Local("node".into())),
        ("fd:3", None, Endpoint::Fd(3)),
        ("capnp+fd:0", Some("capnp"), Endpoint::Fd(0)),
    ];
    for (text, scheme, endpoint) in cases {
        let address = parse(text);
        assert_eq!(address.scheme(), scheme, "{text}");
        assert_eq!(address.endpoint(), &endpoint, "{text}");
        assert_eq!(address.to_string(), text);
    }
}

#[test]
fn equal_hosts_are_equal() {
    assert_eq!(parse("tcp:[0:0::1]:1"), parse("tcp:[::1]:1"));
    assert_eq!(Address::tcp("::1", 1).unwrap(), parse("tcp:[::1]:1"));
    assert_eq!(Address::tcp("[::1]", 1).unwrap(), parse("tcp:[::1]:1"));
}

#[test]
fn errors_say_what_was_expected() {
    for text in ["", ":", "unixx", "UNIX:/a", "local", "fd", "tcp", "http://host:1", "+", "a+", "a+b+unix", "/run/sock"]
    {
        let found = error(text);
        assert!(matches!(found, AddressError::Kind { .. } | AddressError::Scheme { .. }), "{text}: {found}");
        assert!(found.to_string().contains("expected"), "{found}");
    }
    for text in ["+unix", "Capnp+unix", "1+unix", "ca_p+tcp:h:1", "-+fd:3"] {
        assert!(matches!(error(text), AddressError::Scheme { .. }), "{text}");
    }
    for text in ["unix:", "unix:a\0b", "capnp+unix:"] {
        assert!(matches!(error(text), AddressError::Path { .. }), "{text:?}");
    }
    for text in ["tcp:host", "tcp:host:", "tcp:host:65536", "tcp:host:+1", "tcp:host:-1", "tls:host: 1", "tcp:"] {
        assert!(matches!(error(text), AddressError::Port { .. }), "{text}");
    }
    for text in ["tcp::1", "tcp:::1:1", "tcp:[::1:1", "tcp:[localhost]:1", "tcp:a b:1", "tls:[]:1", "tcp:a/b:1"] {
        assert!(matches!(error(text), AddressError::Host { .. }), "{text}");
    }
    for text in ["fd:", "fd:-1", "fd:x", "fd:99999999999", "capnp+fd:+3"] {
        assert!(matches!(error(text), AddressError::Descriptor { .. }), "{text}");
    }
    for text in ["local:", "local:a b", "local:a:b"] {
        assert!(matches!(error(text), AddressError::Name { .. }), "{text}");
    }
    assert!(matches!(error("capnp+local:a"), AddressError::SchemeOfLocal { .. }));

    let exception = Exception::from(error("fd:x"));
    assert_eq!(exception.kind(), ExceptionKind::Protocol);
    assert!(exception.message().contains("expected its number"), "{exception}");
}

#[test]
fn a_path_is_completed_from_a_directory() {
    let dir = Path::new("/data");
    assert_eq!(parse("capnp+unix").resolve(dir, "node.sock"), parse("capnp+unix:/data/node.sock"));
    assert_eq!(parse("unix:sub/a.sock").resolve(dir, "node.sock"), parse("unix:/data/sub/a.sock"));
    assert_eq!(parse("unix:/run/a.sock").resolve(dir, "node.sock"), parse("unix:/run/a.sock"));
    assert_eq!(parse("tcp:h:1").resolve(dir, "node.sock"), parse("tcp:h:1"));
}

#[test]
fn constructors_check_like_the_parser() {
    assert!(Address::unix("").is_err());
    assert!(Address::tcp("a b", 1).is_err());
    assert!(Address::local("").is_err());
    assert!(Address::fd(-1).is_err());
    assert!(Address::local("a").unwrap().with_scheme("capnp").is_err());
    assert!(Address::default_unix().with_scheme("a+b").is_err());
    assert_eq!(Address::default_unix().with_scheme("capnp").unwrap(), parse("capnp+unix"));
    assert_eq!(parse("capnp+unix").without_scheme(), Address::default_unix());
}

fn address() -> impl Strategy<Value = Address> {
    let host = prop_oneof![
        "[a-zA-Z0-9._-]{1,20}",
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
    ];
    let socket = prop_oneof![
        Just(Address::default_unix()),
        "[^\0]{1,200}".prop_map(|path| Address::unix(path).unwrap()),
        (host.clone(), any::<u16>()).prop_map(|(host, port)| Address::tcp(&host, port).unwrap()),
        (host, any::<u16>()).prop_map(|(host, port)| Address::tls(&host, port).unwrap()),
        (0..=i32::MAX).prop_map(|number| Address::fd(number).unwrap()),
    ];
    let with_scheme = (socket, prop::option::of("[a-z][a-z0-9.-]{0,12}")).prop_map(|(address, scheme)| match scheme {
        Some(scheme) => address.with_scheme(&scheme).unwrap(),
        None => address,
    });
    prop_oneof![9 => with_scheme, 1 => "[a-zA-Z0-9._-]{1,20}".prop_map(|name| Address::local(&name).unwrap())]
}

proptest! {
    #[test]
    fn what_is_printed_parses_as_the_same(address in address()) {
        prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }

    #[test]
    fn any_text_parses_to_what_prints_as_itself_or_fails(
        text in "([a-z.+-]{0,6}\\+)?(unix|tcp|tls|local|fd|[a-z]{1,4})(:[\\[\\]:0-9a-z/ ._+-]{0,30})?|\\PC{0,30}"
    ) {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }
}
