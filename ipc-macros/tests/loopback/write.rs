//! Values into trees.

use std::{marker::PhantomData, sync::Arc};

use ipc_core::{
    Interface, Result, Value,
    value::{FieldWriter, Fields, Kind, Marshal, Prim, Primitive, VariantOf, Writer},
};

use super::{call, node::Node};

/// Puts one value.
pub(crate) struct Put<'a>(pub(crate) &'a mut Node);

/// Puts fields.
pub(crate) struct PutFields<'a, S> {
    node: &'a mut Node,
    tag: Option<u16>,
    fields: Vec<Node>,
    of: PhantomData<fn() -> S>,
}

impl<'a, S> PutFields<'a, S> {
    pub(crate) fn new(node: &'a mut Node, tag: Option<u16>) -> Self {
        Self { node, tag, fields: Vec::new(), of: PhantomData }
    }
}

impl Put<'_> {
    fn put(self, node: Node) -> Result<()> {
        assert_eq!(*self.0, Node::Missing, "one value is written by one call");
        *self.0 = node;
        Ok(())
    }
}

fn item<T, M: Marshal<T>>(value: &T) -> Result<Node> {
    let mut node = Node::Missing;
    M::write(value, Put(&mut node))?;
    node.check(M::KIND);
    Ok(node)
}

impl<'a> Writer for Put<'a> {
    type Fields<S: Fields> = PutFields<'a, S>;
    type Variant<U: Value, const N: usize> = PutFields<'a, VariantOf<U, N>>;

    fn prim<P: Primitive>(self, value: P) -> Result<()> {
        let width = match P::PRIM {
            Prim::Void => 0,
            Prim::Bool => 1,
            Prim::B8 => 8,
            Prim::B16 => 16,
            Prim::B32 => 32,
            Prim::B64 => 64,
        };
        let mask = u64::MAX.checked_shr(64 - width).unwrap_or(0);
        self.put(Node::Prim(P::PRIM, value.bits() & mask))
    }

    fn text(self, value: &str) -> Result<()> {
        self.put(Node::Text(value.to_owned()))
    }

    fn bytes(self, value: &[u8]) -> Result<()> {
        self.put(Node::Bytes(value.to_vec()))
    }

    fn none(self) -> Result<()> {
        self.put(Node::None)
    }

    fn some<T, M: Marshal<T>>(self, value: &T) -> Result<()> {
        let node = item::<T, M>(value)?;
        self.put(Node::Some(Box::new(node)))
    }

    fn list<'v, T: 'v, M: Marshal<T>>(self, items: impl ExactSizeIterator<Item = &'v T>) -> Result<()> {
        let nodes = items.map(item::<T, M>).collect::<Result<_>>()?;
        self.put(Node::List(nodes))
    }

    fn map<'v, K: Value, V: Value>(self, items: impl ExactSizeIterator<Item = (&'v K, &'v V)>) -> Result<()> {
        let entry = |(key, value)| Ok(Node::Record(vec![super::encode::<K>(key)?, super::encode::<V>(value)?]));
        let nodes = items.map(entry).collect::<Result<_>>()?;
        self.put(Node::List(nodes))
    }

    fn record<S: Fields>(self) -> Result<PutFields<'a, S>> {
        Ok(PutFields::new(self.0, None))
    }

    fn variant<U: Value, const N: usize>(self) -> Result<PutFields<'a, VariantOf<U, N>>> {
        Ok(PutFields::new(self.0, Some(N as u16)))
    }

    fn object<I: Interface + ?Sized>(self, object: &Arc<I>) -> Result<()> {
        self.put(Node::Object(call::exported(object)))
    }
}

impl<S: Fields> FieldWriter for PutFields<'_, S> {
    fn field_with<const N: usize, T, M: Marshal<T>>(&mut self, value: &T) -> Result<()> {
        assert_eq!(self.fields.len(), N, "fields are written in the order of their numbers");
        let node = item::<T, M>(value)?;
        let declared = S::FIELDS[N].kind;
        let has = matches!((declared, M::KIND), (Kind::HasPtr(has), Kind::OptPtr(ptr)) if has == ptr);
        assert!(has || declared == M::KIND, "{} is declared {declared:?}, written as {:?}", S::FIELDS[N].name, M::KIND);
        node.check(declared);
        self.fields.push(node);
        Ok(())
    }

    fn end(self) -> Result<()> {
        assert_eq!(self.fields.len(), S::FIELDS.len(), "all fields are written");
        let node = match self.tag {
            None => Node::Record(self.fields),
            Some(tag) => Node::Variant(tag, self.fields),
        };
        Put(self.node).put(node)
    }
}
