//! Interfaces as services.

use ipc_core::interface::{InterfaceSchema, MethodSchema};
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use super::{
    Result,
    book::{Book, Item},
    error, names,
    sessions::why_session,
    types::types_file,
};

impl Book {
    /// Has an interface declared as a service, and those that it extends.
    pub(super) fn service(&mut self, schema: &'static InterfaceSchema) -> Result<()> {
        let package = names::package(schema.module);
        let name = names::service(schema);
        let path = format!("{}/{}.proto", names::folder(&package), names::snake(&name));
        let what = schema.describe();
        let file = path.clone();
        self.declare(&package.clone(), &path, &name, what, move |book, full| {
            for base in schema.bases {
                book.service(base())?;
            }
            book.comment(full.to_owned(), about(schema));
            let mut methods: Vec<&MethodSchema> = schema.methods.iter().collect();
            methods.sort_by_key(|method| method.ordinal);
            let mut declared: Vec<MethodDescriptorProto> = Vec::new();
            for method in methods {
                let rpc = names::method(method);
                if declared.iter().any(|other| other.name() == rpc) {
                    return error(format!("{} has two methods of the name `{rpc}`; rename one", schema.name));
                }
                book.comment(format!("{full}.{rpc}"), about_method(method));
                let prefix = format!("{}{rpc}", names::service(schema));
                let (input_type, output_type) = book.messages(&package, &file, &prefix, method)?;
                declared.push(MethodDescriptorProto {
                    name: Some(rpc),
                    input_type: Some(input_type),
                    output_type: Some(output_type),
                    ..Default::default()
                });
            }
            let service =
                ServiceDescriptorProto { name: Some(names::service(schema)), method: declared, ..Default::default() };
            Ok(Item::Service(service))
        })?;
        Ok(())
    }

    /// Has a closure's request and response declared.
    pub(super) fn closure_messages(&mut self, package: &str, schema: &'static InterfaceSchema) -> Result<()> {
        let prefix = names::closure(schema);
        let (request, _) = self.messages(package, &types_file(package), &prefix, &schema.methods[0])?;
        let comment = format!("What a closure is called with: interface {:#018x}, ordinal 0.", schema.id);
        self.comment(request, comment);
        Ok(())
    }

    /// The request and the response of a method.
    fn messages(
        &mut self,
        package: &str,
        path: &str,
        prefix: &str,
        method: &'static MethodSchema,
    ) -> Result<(String, String)> {
        let mut message = |suffix: &str, fields| {
            let name = format!("{prefix}{suffix}");
            let (owner, package_name) = (name.clone(), package.to_owned());
            let what = format!("the {suffix} of {prefix}");
            self.declare(package, path, &name, what, move |book, full| {
                book.record(&package_name, full, &owner, fields).map(Item::Message)
            })
        };
        let names = (message("Request", method.params)?, message("Response", method.results)?);
        if let Some(ty) = method.error_type() {
            self.error_message(package, &ty)?;
        }
        Ok(names)
    }
}

fn about(schema: &InterfaceSchema) -> String {
    let mut text = schema.doc.to_owned();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(&format!("Interface {:#018x}.", schema.id));
    text
}

fn about_method(method: &MethodSchema) -> String {
    let mut text = format!("Ordinal {}.", method.ordinal);
    if !method.context {
        text.push_str(" Carries no thread.");
    }
    if let Some(since) = method.since {
        text.push_str(&format!(" Since {since}."));
    }
    if let Some(error) = method.error_type() {
        text.push_str(&format!(" Fails with {}.", super::types::error_name(&error)));
    }
    if let Some(why) = why_session(method) {
        text.push_str(&format!(" Needs a session: {why}."));
    }
    text
}
