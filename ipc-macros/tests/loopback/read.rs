//! Values out of trees.

use std::{marker::PhantomData, mem, sync::Arc};

use ipc_core::{
    Exception, ExceptionKind, Interface, Result, Value,
    value::{FieldReader, Fields, Marshal, Primitive, Reader, VariantOf, VariantReader},
};

use super::{call, node::Node};

/// Takes one value.
pub(crate) struct Take {
    node: Node,
    default: u64,
}

/// Takes fields.
pub(crate) struct TakeFields<S> {
    fields: Vec<Node>,
    of: PhantomData<fn() -> S>,
}

/// Takes a variant.
pub(crate) struct TakeVariant<U> {
    tag: u16,
    fields: Vec<Node>,
    of: PhantomData<fn() -> U>,
}

impl Take {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, default: 0 }
    }
}

impl<S> TakeFields<S> {
    pub(crate) fn new(fields: Vec<Node>) -> Self {
        Self { fields, of: PhantomData }
    }
}

fn unexpected(expected: &str, node: &Node) -> Exception {
    Exception::new(ExceptionKind::Protocol, format!("expected {expected}, got {node:?}"))
}

fn item<T, M: Marshal<T>>(node: Node) -> Result<T> {
    M::read(Take::new(node))
}

impl Reader for Take {
    type Fields<S: Fields> = TakeFields<S>;
    type Variant<U: Value> = TakeVariant<U>;

    fn prim<P: Primitive>(self) -> Result<P> {
        match self.node {
            Node::Missing => Ok(P::from_bits(self.default)),
            Node::Prim(prim, bits) if prim == P::PRIM => Ok(P::from_bits(bits)),
            other => Err(unexpected("a primitive", &other)),
        }
    }

    fn text(self) -> Result<String> {
        match self.node {
            Node::Missing => Ok(String::new()),
            Node::Text(text) => Ok(text),
            other => Err(unexpected("text", &other)),
        }
    }

    fn bytes(self) -> Result<Vec<u8>> {
        match self.node {
            Node::Missing => Ok(Vec::new()),
            Node::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected("bytes", &other)),
        }
    }

    fn option<T, M: Marshal<T>>(self) -> Result<Option<T>> {
        match self.node {
            Node::Missing | Node::None => Ok(None),
            Node::Some(node) => item::<T, M>(*node).map(Some),
            other => Err(unexpected("an optional", &other)),
        }
    }

    fn list<T, M: Marshal<T>, C: FromIterator<T>>(self) -> Result<C> {
        match self.node {
            Node::Missing => Ok(C::from_iter([])),
            Node::List(nodes) => nodes.into_iter().map(item::<T, M>).collect(),
            other => Err(unexpected("a list", &other)),
        }
    }

    fn map<K: Value, V: Value, C: FromIterator<(K, V)>>(self) -> Result<C> {
        let entry = |node| match node {
            Node::Record(mut fields) if fields.len() == 2 => {
                let value = fields.remove(1);
                Ok((super::decode::<K>(fields.remove(0))?, super::decode::<V>(value)?))
            }
            other => Err(unexpected("an entry", &other)),
        };
        match self.node {
            Node::Missing => Ok(C::from_iter([])),
            Node::List(nodes) => nodes.into_iter().map(entry).collect(),
            other => Err(unexpected("a map", &other)),
        }
    }

    fn record<S: Fields>(self) -> Result<TakeFields<S>> {
        match self.node {
            Node::Missing => Ok(TakeFields::new(Vec::new())),
            Node::Record(fields) => Ok(TakeFields::new(fields)),
            other => Err(unexpected("a struct", &other)),
        }
    }

    fn variant<U: Value>(self) -> Result<TakeVariant<U>> {
        match self.node {
            Node::Missing => Ok(TakeVariant { tag: 0, fields: Vec::new(), of: PhantomData }),
            Node::Variant(tag, fields) => Ok(TakeVariant { tag, fields, of: PhantomData }),
            other => Err(unexpected("an enum", &other)),
        }
    }

    fn object<I: Interface + ?Sized>(self) -> Result<Arc<I>> {
        match self.node {
            Node::Object(exported) => Ok(call::imported(exported)),
            other => Err(unexpected("an object", &other)),
        }
    }
}

impl<S: Fields> FieldReader for TakeFields<S> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self) -> Result<T> {
        let node = self.fields.get_mut(N).map_or(Node::Missing, |node| mem::replace(node, Node::Missing));
        M::read(Take { node, default: S::FIELDS[N].default })
    }
}

impl<U: Value> VariantReader for TakeVariant<U> {
    type Fields<const N: usize> = TakeFields<VariantOf<U, N>>;

    fn tag(&self) -> u16 {
        self.tag
    }

    fn fields<const N: usize>(self) -> Result<Self::Fields<N>> {
        assert_eq!(self.tag, N as u16, "the variant is the one that the tag gave");
        Ok(TakeFields::new(self.fields))
    }
}
