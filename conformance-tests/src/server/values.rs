//! Values there and back.

use std::{net::SocketAddr, panic::panic_any};

use ipc_core::{Exception, ExceptionKind, Opaque, Result};

use super::Root;
use crate::interfaces::{Collections, Figure, LabError, Numbers, Opaques, Tree, Values};

impl Values for Root {
    fn numbers(&self, numbers: Numbers) -> Result<Numbers> {
        Ok(numbers)
    }

    fn collections(&self, collections: Collections) -> Result<Collections> {
        Ok(collections)
    }

    fn tree(&self, tree: Tree) -> Result<Tree> {
        Ok(tree)
    }

    fn figure(&self, figure: Figure) -> Result<Figure> {
        Ok(figure)
    }

    fn opaque(&self, opaque: Opaque<Opaques>) -> Result<Opaque<Opaques>> {
        Ok(opaque)
    }

    fn bytes(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        Ok(bytes)
    }

    fn length(&self, bytes: Vec<u8>) -> Result<u64> {
        Ok(bytes.len() as u64)
    }

    fn make_bytes(&self, count: u64) -> Result<Vec<u8>> {
        Ok(vec![0; count as usize])
    }

    fn count_empty(&self, empty: Vec<Collections>) -> Result<u64> {
        Ok(empty.len() as u64)
    }

    fn text(&self, text: String) -> Result<String> {
        Ok(text)
    }

    fn address(&self, mut address: SocketAddr, port: u16) -> Result<SocketAddr> {
        address.set_port(port);
        Ok(address)
    }

    fn addresses(&self, addresses: Vec<Option<SocketAddr>>) -> Result<Vec<Option<SocketAddr>>> {
        Ok(addresses)
    }

    fn several(&self, number: i64, text: String, data: Vec<u8>) -> Result<(i64, String, Vec<u8>)> {
        Ok((number, text, data))
    }

    fn nothing(&self) -> Result<()> {
        Ok(())
    }

    fn add_now(&self, a: u32, b: u32) -> Result<u32> {
        Ok(a.wrapping_add(b))
    }

    fn fail(&self, error: LabError) -> Result<u32, LabError> {
        Err(error)
    }

    fn fail_long(&self, bytes: u64) -> Result<(), LabError> {
        Err(LabError::Failed { code: 0, reason: "e".repeat(bytes as usize) })
    }

    fn fail_with(&self, kind: String, message: String) -> Result<()> {
        Err(exception(&kind, message))
    }

    fn fail_inside(&self, kind: String, message: String, as_data: bool) -> Result<(), LabError> {
        let exception = exception(&kind, message);
        Err(if as_data { LabError::Because("as data".into(), exception) } else { LabError::Ipc(exception) })
    }

    fn panic(&self, message: Option<String>) -> Result<()> {
        match message {
            Some(message) => panic!("{message}"),
            None => panic_any(7),
        }
    }
}

fn exception(kind: &str, message: String) -> Exception {
    let kind = ExceptionKind::from_name(kind).expect("a case names a kind that there is");
    Exception::new(kind, message)
}
