//! Declarations as text.

use std::{collections::BTreeMap, fmt::Write as _};

use ipc_core::{
    interface::{InterfaceSchema, MethodSchema},
    value::{Field, Kind, Type, Variant},
};

use super::{
    Result,
    book::{Book, Item},
    error, names, types,
};
use crate::layout::Union;

pub(super) fn text(book: &mut Book<'_>, file: usize, name: &str, item: &Item) -> Result<String> {
    let id = names::child_id(book.pages[file].id, name);
    let mut scope = Scope { book, file, owner: name };
    match item {
        Item::Interface(schema) => scope.interface(schema),
        Item::Record(fields) => {
            let members = scope.fields(fields)?;
            scope.record(id, &members)
        }
        Item::Wrapper(ty) => {
            let members = scope.typed("value", ty)?;
            scope.record(id, &members)
        }
        Item::Entry(key, value) => {
            let mut members = scope.typed("key", key)?;
            members.extend(scope.typed("value", value)?);
            scope.record(id, &members)
        }
        Item::Union(variants) => scope.union(id, variants),
        Item::Enum(variants) => scope.enumeration(id, variants),
    }
}

/// A field as the schema has it; the presence bit of an optional is one more.
struct Member {
    name: String,
    /// The type, and the default.
    ty: String,
}

struct Method {
    name: String,
    signature: String,
    since: Option<&'static str>,
}

/// The declaration that is being written.
struct Scope<'b, 's, 'n> {
    book: &'b mut Book<'s>,
    file: usize,
    owner: &'n str,
}

impl Scope<'_, '_, '_> {
    fn fields(&mut self, fields: &[Field]) -> Result<Vec<Member>> {
        let mut members = Vec::new();
        for field in fields {
            let name = field.wire_name.map_or_else(|| names::member_name(field.name), str::to_owned);
            members.extend(self.field(&name, &(field.ty)(), field.kind, field.default)?);
        }
        Ok(members)
    }

    fn typed(&mut self, name: &str, ty: &Type) -> Result<Vec<Member>> {
        self.field(name, ty, ty.kind().or_else(error)?, 0)
    }

    fn field(&mut self, name: &str, ty: &Type, kind: Kind, default: u64) -> Result<Vec<Member>> {
        let declared = ty.kind().or_else(error)?;
        let agree = match (kind, declared) {
            (Kind::HasPtr(a), Kind::OptPtr(b)) => a == b,
            _ => kind == declared,
        };
        if !agree {
            return error(format!("{}: `{name}` is laid out as {kind:?}, but its type is {declared:?}", self.owner));
        }
        let mut text = types::reference(self.book, self.file, ty)?;
        if default != 0 {
            text = format!("{text} = {}", self.default(name, ty, default)?);
        }
        let mut members = vec![Member { name: name.to_owned(), ty: text }];
        if matches!(kind, Kind::OptPrim(_) | Kind::HasPtr(_)) {
            members.push(Member { name: names::presence(name), ty: "Bool".to_owned() });
        }
        Ok(members)
    }

    fn default(&self, name: &str, ty: &Type, bits: u64) -> Result<String> {
        Ok(match ty {
            Type::Prim("Bool") => (bits & 1 != 0).to_string(),
            Type::Prim("Int8") => (bits as i8).to_string(),
            Type::Prim("Int16") => (bits as i16).to_string(),
            Type::Prim("Int32") => (bits as i32).to_string(),
            Type::Prim("Int64") => (bits as i64).to_string(),
            Type::Prim("UInt8") => (bits as u8).to_string(),
            Type::Prim("UInt16") => (bits as u16).to_string(),
            Type::Prim("UInt32") => (bits as u32).to_string(),
            Type::Prim("UInt64") => bits.to_string(),
            Type::Prim("Float32") => float(f32::from_bits(bits as u32).into()),
            Type::Prim("Float64") => float(f64::from_bits(bits)),
            Type::Enum(_, variants) => match variants.get(bits as u16 as usize) {
                Some(variant) => names::member_name(variant),
                None => return error(format!("{}: the default of `{name}` is no variant", self.owner)),
            },
            _ => return error(format!("{}: `{name}` cannot have a default", self.owner)),
        })
    }

    /// Checks that no two members have one name.
    fn distinct<'m>(&self, members: impl IntoIterator<Item = &'m str>) -> Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for name in members {
            if !seen.insert(name) {
                return error(format!("{} has two members of the name `{name}`; rename one", self.owner));
            }
        }
        Ok(())
    }

    fn record(&self, id: u64, members: &[Member]) -> Result<String> {
        self.distinct(members.iter().map(|member| member.name.as_str()))?;
        let mut text = format!("struct {} @{id:#018x} {{\n", self.owner);
        for (ordinal, Member { name, ty }) in members.iter().enumerate() {
            line(&mut text, format_args!("  {name} @{ordinal} :{ty};"));
        }
        text.push_str("}\n");
        Ok(text)
    }

    fn union(&mut self, id: u64, variants: &'static [Variant]) -> Result<String> {
        let mut members = Vec::new();
        for (number, variant) in variants.iter().enumerate() {
            let name = names::member_name(variant.name);
            let ty = if !(Union { variants }).is_direct(number) {
                let record = format!("{}{}", self.owner, names::capitalized(&name));
                let what = format!("the fields of {}::{}", self.owner, variant.name);
                self.book.declare(self.file, &record, what, || Item::Record(variant.fields.to_vec()))?;
                record
            } else if let [field] = variant.fields {
                let mut members = self.field(&name, &(field.ty)(), field.kind, field.default)?;
                members.swap_remove(0).ty
            } else {
                "Void".to_owned()
            };
            members.push(Member { name, ty });
        }
        // Cap'n Proto wants two at least.
        while members.len() < 2 {
            members.push(Member { name: format!("reserved{}", members.len()), ty: "Void".to_owned() });
        }
        self.distinct(members.iter().map(|member| member.name.as_str()))?;
        let mut text = format!("struct {} @{id:#018x} {{\n  union {{\n", self.owner);
        for (ordinal, Member { name, ty }) in members.iter().enumerate() {
            line(&mut text, format_args!("    {name} @{ordinal} :{ty};"));
        }
        text.push_str("  }\n}\n");
        Ok(text)
    }

    fn enumeration(&self, id: u64, variants: &[&str]) -> Result<String> {
        let variants: Vec<String> = variants.iter().map(|name| names::member_name(name)).collect();
        self.distinct(variants.iter().map(String::as_str))?;
        let mut text = format!("enum {} @{id:#018x} {{\n", self.owner);
        for (number, name) in variants.iter().enumerate() {
            line(&mut text, format_args!("  {name} @{number};"));
        }
        text.push_str("}\n");
        Ok(text)
    }

    fn interface(&mut self, schema: &InterfaceSchema) -> Result<String> {
        let mut text = format!("interface {} @{:#018x}", self.owner, schema.id);
        let mut bases = Vec::new();
        for base in schema.bases {
            bases.push(self.book.interface(self.file, base())?);
        }
        if !bases.is_empty() {
            write!(text, " extends({})", bases.join(", ")).expect("a string takes all");
        }
        text.push_str(" {\n");
        for doc in schema.doc.lines() {
            line(&mut text, format_args!("{}", format!("  # {}", doc.trim()).trim_end()));
        }
        if !schema.doc.is_empty() {
            text.push('\n');
        }
        for (ordinal, method) in self.methods(schema)? {
            line(&mut text, format_args!("  {} @{ordinal} {};", method.name, method.signature));
            if let Some(since) = method.since {
                line(&mut text, format_args!("  # Since {since}."));
            }
        }
        text.push_str("}\n");
        Ok(text)
    }

    /// The methods by their ordinals, without holes.
    fn methods(&mut self, schema: &InterfaceSchema) -> Result<BTreeMap<u16, Method>> {
        let method = |name: &str, signature: &str| Method {
            name: name.to_owned(),
            signature: signature.to_owned(),
            since: None,
        };
        let mut declared = Vec::new();
        if schema.bootstrap {
            let signature = "(threadMap :Proxy.ThreadMap) -> (threadMap :Proxy.ThreadMap)";
            declared.push((0, method("construct", signature)));
        }
        if let Some(ordinal) = schema.destroy {
            declared.push((ordinal, method("destroy", "(context :Proxy.Context) -> ()")));
        }
        for method in schema.methods {
            let name = method.wire_name.map_or_else(|| names::member_name(method.name), str::to_owned);
            let signature = self.signature(method)?;
            declared.push((method.ordinal, Method { name, signature, since: method.since }));
        }
        self.distinct(declared.iter().map(|(_, method)| method.name.as_str()))?;
        let mut methods: BTreeMap<u16, Method> = BTreeMap::new();
        for (ordinal, method) in declared {
            if let Some(other) = methods.get(&ordinal) {
                let (owner, a, b) = (self.owner, &other.name, &method.name);
                return error(format!("{owner}: `{a}` and `{b}` both have the ordinal {ordinal}"));
            }
            methods.insert(ordinal, method);
        }
        // Cap'n Proto wants no holes.
        for ordinal in 0..methods.keys().next_back().copied().unwrap_or(0) {
            methods.entry(ordinal).or_insert_with(|| method(&format!("reserved{ordinal}"), "() -> ()"));
        }
        Ok(methods)
    }

    fn signature(&mut self, method: &MethodSchema) -> Result<String> {
        let mut params = Vec::new();
        if method.context {
            params.push(Member { name: "context".to_owned(), ty: "Proxy.Context".to_owned() });
        }
        params.extend(self.fields(method.params)?);
        let mut results = Vec::new();
        if let Some(failure) = &method.error {
            // The core has the kind of the optional, and the type of what it holds.
            let ty = (failure.ty)();
            let kind = ty.kind().or_else(error)?;
            let name = failure.wire_name.unwrap_or(failure.name);
            let mut members = self.field(name, &ty, kind, 0)?;
            write!(members[0].ty, " $Proxy.exception({:?})", names::type_name(&ty.name())).expect("a string takes all");
            if matches!(failure.kind, Kind::OptPrim(_)) {
                members.push(Member { name: names::presence(name), ty: "Bool".to_owned() });
            }
            results.extend(members);
        }
        results.extend(self.fields(method.results)?);
        // What takes no place needs no mention.
        results.retain(|member| (member.name.as_str(), member.ty.as_str()) != ("result", "Void"));
        let list = |members: &[Member]| {
            self.distinct(members.iter().map(|member| member.name.as_str()))?;
            let members: Vec<String> = members.iter().map(|Member { name, ty }| format!("{name} :{ty}")).collect();
            Ok(format!("({})", members.join(", ")))
        };
        Ok(format!("{} -> {}", list(&params)?, list(&results)?))
    }
}

/// A number as Cap'n Proto reads it.
fn float(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{value:?}") }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes all");
}
