//! Which methods pass objects, and so need a session.

use std::collections::HashSet;

use ipc_core::{
    interface::{InterfaceSchema, MethodSchema},
    value::{Field, Shape, Type},
};

/// Why a method cannot be called without a session: nothing if it can.
pub(crate) fn why_session(method: &MethodSchema) -> Option<String> {
    let passes =
        |fields: &[Field]| fields.iter().find(|field| !objects_in([(field.ty)()]).is_empty()).map(|field| field.name);
    if let Some(name) = passes(method.params) {
        return Some(format!("its parameter `{name}` passes an object"));
    }
    match passes(method.results) {
        Some("result") => Some("its result passes an object".to_owned()),
        Some(name) => Some(format!("its result `{name}` passes an object")),
        None if !objects_in(method.error_type()).is_empty() => Some("its error passes an object".to_owned()),
        None => None,
    }
}

/// All interfaces that are mentioned by this one, itself among them, but no closures.
pub(crate) fn mentioned(root: &'static InterfaceSchema) -> Vec<&'static InterfaceSchema> {
    let mut seen = HashSet::from([root.id]);
    let mut found = vec![root];
    let mut next = 0;
    while let Some(schema) = found.get(next).copied() {
        next += 1;
        let types = schema.methods.iter().flat_map(|method| {
            let fields = method.params.iter().chain(method.results).map(|field| (field.ty)());
            fields.chain(method.error_type()).collect::<Vec<_>>()
        });
        let others = schema.bases.iter().map(|base| base()).chain(objects_in(types)).collect::<Vec<_>>();
        for other in others {
            if seen.insert(other.id) {
                found.push(other);
            }
        }
    }
    found.retain(|schema| !schema.is_closure());
    found
}

/// The interfaces of the objects that values of these types may hold.
fn objects_in(types: impl IntoIterator<Item = Type>) -> Vec<&'static InterfaceSchema> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut left: Vec<Type> = types.into_iter().collect();
    let of = |fields: &'static [Field]| fields.iter().map(|field| (field.ty)());
    while let Some(ty) = left.pop() {
        match ty {
            Type::Prim(_) | Type::Text | Type::Bytes | Type::Enum(..) => {}
            Type::List(item) | Type::Option(item) => left.push(item()),
            Type::Map(key, value) => left.extend([key(), value()]),
            Type::Tuple(fields) => left.extend(of(fields)),
            Type::Named(name, shape) if seen.insert(name.clone()) => match shape {
                Shape::Leaf => {}
                Shape::Record(fields) => left.extend(of(fields)),
                Shape::Union(variants) => left.extend(variants.iter().flat_map(|variant| of(variant.fields))),
            },
            Type::Named(..) => {}
            Type::Object(schema) | Type::Closure(schema) => found.push(schema()),
        }
    }
    found
}
