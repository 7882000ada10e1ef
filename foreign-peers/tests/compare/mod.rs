//! Walks what the `capnp` tool made of a schema along the Rust types that the schema was derived from.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use capnp::{
    message::ReaderOptions,
    schema_capnp::{code_generator_request, enumerant, field, node, type_, value},
    serialize,
};
use foreign_peers::tool;
use ipc_core::{
    interface::InterfaceSchema,
    value::{Field, Kind, Shape, Type, Variant},
};
use transport_capnp::proof::{Members, Slot, Union};

type Message = capnp::message::Reader<serialize::OwnedSegments>;

/// A compiled schema.
pub(crate) struct Compiled {
    message: Message,
    names: HashMap<String, u64>,
    /// What was compared already: types may name themselves.
    seen: RefCell<HashSet<u64>>,
}

impl Compiled {
    pub(crate) fn new(texts: &BTreeMap<String, String>, file: &str) -> Self {
        let request = tool::Schemas::new(texts).compile(file);
        let mut options = ReaderOptions::new();
        options.traversal_limit_in_words(None);
        let message = serialize::read_message(&mut &*request, options).unwrap();
        let root = message.get_root::<code_generator_request::Reader<'_>>().unwrap();
        let name = |node: node::Reader<'_>| node.get_display_name().unwrap().to_string().unwrap();
        let names = root.get_nodes().unwrap().iter().map(|node| (name(node), node.get_id())).collect();
        Self { message, names, seen: RefCell::default() }
    }

    /// The id of a declaration, given by file and name.
    pub(crate) fn id(&self, name: &str) -> u64 {
        *self.names.get(name).unwrap_or_else(|| panic!("there is no {name} among {:?}", self.names.keys()))
    }

    fn node(&self, id: u64) -> node::Reader<'_> {
        let root = self.message.get_root::<code_generator_request::Reader<'_>>().unwrap();
        root.get_nodes().unwrap().iter().find(|node| node.get_id() == id).unwrap()
    }

    fn record(&self, id: u64) -> (node::struct_::Reader<'_>, String) {
        let node = self.node(id);
        let name = node.get_display_name().unwrap().to_string().unwrap();
        match node.which().unwrap() {
            node::Struct(record) => (record, name),
            _ => panic!("{name} is no struct"),
        }
    }

    /// Compares a declaration, given by file and name, with the type that it was derived from.
    pub(crate) fn named(&self, name: &str, ty: &Type) {
        match ty {
            Type::Named(_, Shape::Record(fields)) => self.members(self.id(name), &Members::of(fields)),
            Type::Named(_, Shape::Union(variants)) => self.union(self.id(name), variants),
            _ => panic!("{name} is neither a struct nor a union"),
        }
    }

    /// Compares an interface and all that it mentions.
    pub(crate) fn interface(&self, schema: &InterfaceSchema) {
        if !self.seen.borrow_mut().insert(schema.id) {
            return;
        }
        let node::Interface(interface) = self.node(schema.id).which().unwrap() else {
            panic!("{} is no interface", schema.name);
        };
        let bases: Vec<u64> = interface.get_superclasses().unwrap().iter().map(|base| base.get_id()).collect();
        assert_eq!(bases, schema.bases.iter().map(|base| base().id).collect::<Vec<_>>(), "{}", schema.name);
        for base in schema.bases {
            self.interface(base());
        }
        let methods = interface.get_methods().unwrap();
        let name = |ordinal: u16| methods.get(ordinal.into()).get_name().unwrap().to_string().unwrap();
        if schema.bootstrap {
            assert_eq!(name(0), "construct");
        }
        if let Some(destroy) = schema.destroy {
            assert_eq!(name(destroy), "destroy");
        }
        for method in schema.methods {
            if let Some(expected) = method.wire_name {
                assert_eq!(name(method.ordinal), expected);
            }
            let compiled = methods.get(method.ordinal.into());
            self.members(compiled.get_param_struct_type(), &Members::params(method));
            self.members(compiled.get_result_struct_type(), &Members::results(method));
        }
    }

    /// Compares a struct. Its fields come in the order of their ordinals.
    fn members(&self, id: u64, members: &Members<'_>) {
        if !self.seen.borrow_mut().insert(id) {
            return;
        }
        let (record, name) = self.record(id);
        let fields = record.get_fields().unwrap();
        let mut fields = fields.iter();
        if members.context {
            let context = fields.next().unwrap();
            assert_eq!((field_name(context).as_str(), offset(context)), ("context", 0), "{name}");
        }
        // A method's error has the last number, and comes first.
        let error = members.error.map(|_| members.fields.len());
        for n in error.into_iter().chain(0..members.fields.len()) {
            let expected = members.field(n);
            if is_left_out(&expected) {
                continue;
            }
            let compiled = fields.next().unwrap_or_else(|| panic!("{name} lacks {}", expected.name));
            let Slot { at, has, default, kind } = members.slot(n);
            let what = format!("{name}.{}", field_name(compiled));
            assert_eq!(offset(compiled), if is_void(&kind) { 0 } else { at }, "{what}");
            assert_eq!(default_bits(compiled), default, "{what}");
            self.ty(&what, slot(compiled).get_type().unwrap(), &(expected.ty)());
            if let Some(has) = has {
                let presence = fields.next().unwrap();
                let expected = field_name(compiled);
                let expected = format!("has{}{}", expected[..1].to_uppercase(), &expected[1..]);
                assert_eq!((field_name(presence), offset(presence)), (expected, has), "{name}");
            }
        }
        assert_eq!(fields.next().map(field_name), None, "{name} has more");
        let size = members.size();
        assert_eq!((record.get_data_word_count(), record.get_pointer_count()), (size.data, size.pointers), "{name}");
        assert_eq!(record.get_discriminant_count(), 0, "{name}");
    }

    /// Compares an enum with data.
    fn union(&self, id: u64, variants: &[Variant]) {
        if !self.seen.borrow_mut().insert(id) {
            return;
        }
        let (record, name) = self.record(id);
        let (union, size) = (Union { variants }, Union { variants }.size());
        assert_eq!((record.get_data_word_count(), record.get_pointer_count()), (size.data, size.pointers), "{name}");
        assert_eq!(record.get_discriminant_offset(), union.tag(), "{name}");
        let fields = record.get_fields().unwrap();
        assert_eq!(fields.len() as usize, variants.len().max(2), "{name}");
        for (n, variant) in variants.iter().enumerate() {
            let compiled = fields.get(n as u32);
            let what = format!("{name}.{}", field_name(compiled));
            assert_eq!(compiled.get_discriminant_value() as usize, n, "{what}");
            let Slot { at, default, .. } = union.slot(n);
            assert_eq!((offset(compiled), default_bits(compiled)), (at, default), "{what}");
            let ty = slot(compiled).get_type().unwrap();
            match (union.is_direct(n), variant.fields) {
                (true, []) => assert!(matches!(ty.which().unwrap(), type_::Void(())), "{what}"),
                (true, fields) => self.ty(&what, ty, &(fields[0].ty)()),
                (false, fields) => self.members(struct_id(&what, ty), &Members::of(fields)),
            }
        }
    }

    /// Compares a type as the schema has it in a field.
    fn ty(&self, what: &str, compiled: type_::Reader<'_>, expected: &Type) {
        match expected {
            Type::Option(item) => match item() {
                inner @ Type::Option(_) => self.wrapper(struct_id(what, compiled), &inner, item),
                inner => self.ty(what, compiled, &inner),
            },
            Type::List(item) => {
                let element = element(what, compiled);
                match item() {
                    optional @ Type::Option(_) => self.wrapper(struct_id(what, element), &optional, item),
                    other => self.ty(what, element, &other),
                }
            }
            Type::Map(key, value) => {
                let fields = [with_type("key", *key), with_type("value", *value)];
                self.members(struct_id(what, element(what, compiled)), &Members::of(&fields));
            }
            Type::Tuple(fields) | Type::Named(_, Shape::Record(fields)) => {
                self.members(struct_id(what, compiled), &Members::of(fields));
            }
            Type::Named(_, Shape::Union(variants)) => self.union(struct_id(what, compiled), variants),
            Type::Named(_, Shape::Leaf) => panic!("{what} has no shape"),
            Type::Enum(_, variants) => {
                let type_::Enum(compiled) = compiled.which().unwrap() else { panic!("{what} is no enum") };
                let node::Enum(node) = self.node(compiled.get_type_id()).which().unwrap() else { panic!() };
                let enumerants = node.get_enumerants().unwrap();
                assert_eq!(enumerants.len() as usize, variants.len(), "{what}");
                let order: Vec<u16> = enumerants.iter().map(enumerant::Reader::get_code_order).collect();
                assert!(order.is_sorted(), "{what}");
            }
            Type::Object(schema) | Type::Closure(schema) => {
                let type_::Interface(compiled) = compiled.which().unwrap() else { panic!("{what} is no interface") };
                assert_eq!(compiled.get_type_id(), schema().id, "{what}");
                self.interface(schema());
            }
            Type::Prim(_) | Type::Text | Type::Bytes => {
                let name = match expected {
                    Type::Prim(name) => *name,
                    Type::Text => "Text",
                    _ => "Data",
                };
                assert_eq!(plain_name(compiled), name, "{what}");
            }
        }
    }

    /// The struct around an optional that has no place of its own.
    fn wrapper(&self, id: u64, optional: &Type, ty: &fn() -> Type) {
        assert!(matches!(optional, Type::Option(_)));
        self.members(id, &Members::of(&[with_type("value", *ty)]));
    }
}

/// A field of a type, of the kind that this has.
fn with_type(name: &'static str, ty: fn() -> Type) -> Field {
    Field { name, wire_name: None, kind: ty().kind().expect("it is of a known type"), default: 0, tag: None, ty }
}

/// A method that gives nothing mentions no result.
fn is_left_out(field: &Field) -> bool {
    field.name == "result" && is_void(&field.kind)
}

fn is_void(kind: &Kind) -> bool {
    matches!(kind, Kind::Prim(ipc_core::value::Prim::Void) | Kind::OptPrim(ipc_core::value::Prim::Void))
}

fn field_name(field: field::Reader<'_>) -> String {
    field.get_name().unwrap().to_string().unwrap()
}

fn slot(field: field::Reader<'_>) -> field::slot::Reader<'_> {
    match field.which().unwrap() {
        field::Slot(slot) => slot,
        field::Group(_) => panic!("{} is a group", field_name(field)),
    }
}

fn offset(field: field::Reader<'_>) -> u32 {
    slot(field).get_offset()
}

fn default_bits(field: field::Reader<'_>) -> u64 {
    match slot(field).get_default_value().unwrap().which().unwrap() {
        value::Bool(v) => v.into(),
        value::Int8(v) => i64::from(v) as u64,
        value::Int16(v) => i64::from(v) as u64,
        value::Int32(v) => i64::from(v) as u64,
        value::Int64(v) => v as u64,
        value::Uint8(v) => v.into(),
        value::Uint16(v) => v.into(),
        value::Uint32(v) => v.into(),
        value::Uint64(v) => v,
        value::Float32(v) => v.to_bits().into(),
        value::Float64(v) => v.to_bits(),
        value::Enum(v) => v.into(),
        _ => 0,
    }
}

fn struct_id(what: &str, ty: type_::Reader<'_>) -> u64 {
    match ty.which().unwrap() {
        type_::Struct(record) => record.get_type_id(),
        _ => panic!("{what} is no struct"),
    }
}

fn element<'a>(what: &str, ty: type_::Reader<'a>) -> type_::Reader<'a> {
    match ty.which().unwrap() {
        type_::List(list) => list.get_element_type().unwrap(),
        _ => panic!("{what} is no list"),
    }
}

fn plain_name(ty: type_::Reader<'_>) -> &'static str {
    match ty.which().unwrap() {
        type_::Void(()) => "Void",
        type_::Bool(()) => "Bool",
        type_::Int8(()) => "Int8",
        type_::Int16(()) => "Int16",
        type_::Int32(()) => "Int32",
        type_::Int64(()) => "Int64",
        type_::Uint8(()) => "UInt8",
        type_::Uint16(()) => "UInt16",
        type_::Uint32(()) => "UInt32",
        type_::Uint64(()) => "UInt64",
        type_::Float32(()) => "Float32",
        type_::Float64(()) => "Float64",
        type_::Text(()) => "Text",
        type_::Data(()) => "Data",
        _ => "something else",
    }
}
