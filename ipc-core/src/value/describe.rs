//! What a type is: its kind, and words that tell it from others of its name.

use std::fmt;

use super::{Kind, Prim, Ptr, Type, TypeName};

impl Type {
    /// The kind of a field of this type.
    ///
    /// # Errors
    ///
    /// What is wrong, if it names a primitive type that there is not.
    pub fn kind(&self) -> Result<Kind, String> {
        Ok(match self {
            Self::Prim(name) => Kind::Prim(match *name {
                "Void" => Prim::Void,
                "Bool" => Prim::Bool,
                "Int8" | "UInt8" => Prim::B8,
                "Int16" | "UInt16" => Prim::B16,
                "Int32" | "UInt32" | "Float32" => Prim::B32,
                "Int64" | "UInt64" | "Float64" => Prim::B64,
                other => return Err(format!("there is no primitive type `{other}`")),
            }),
            Self::Enum(..) => Kind::Prim(Prim::B16),
            Self::Text => Kind::Ptr(Ptr::Text),
            Self::Bytes => Kind::Ptr(Ptr::Bytes),
            Self::List(_) | Self::Map(..) => Kind::Ptr(Ptr::List),
            Self::Tuple(_) | Self::Named(..) => Kind::Ptr(Ptr::Struct),
            Self::Object(_) | Self::Closure(_) => Kind::Ptr(Ptr::Object),
            Self::Option(item) => item().kind()?.optional(),
        })
    }

    /// What it is, with the modules of all that is named in it.
    pub fn describe(&self) -> String {
        match self {
            Self::Prim(name) => (*name).to_owned(),
            Self::Text => "Text".to_owned(),
            Self::Bytes => "Data".to_owned(),
            Self::List(item) => format!("List({})", item().describe()),
            Self::Map(key, value) => format!("Map({}, {})", key().describe(), value().describe()),
            Self::Option(item) => format!("Option({})", item().describe()),
            Self::Tuple(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| (field.ty)().describe()).collect();
                format!("({})", fields.join(", "))
            }
            Self::Named(name, _) | Self::Enum(name, _) => name.to_string(),
            Self::Object(schema) | Self::Closure(schema) => schema().describe(),
        }
    }
}

/// With its module.
impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    /// What a type says of itself and what follows from its shape are the same.
    fn agree<T: Value>() {
        assert_eq!(T::ty().kind(), Ok(T::KIND), "{}", T::ty().describe());
    }

    #[test]
    fn a_type_is_of_the_kind_that_it_says() {
        agree::<()>();
        agree::<bool>();
        agree::<u8>();
        agree::<i16>();
        agree::<f32>();
        agree::<Option<u64>>();
        agree::<String>();
        agree::<Vec<u8>>();
        agree::<Option<Vec<Option<String>>>>();
        agree::<std::collections::BTreeMap<u8, String>>();
        agree::<(u8, String)>();
        assert_eq!(Type::Prim("Int7").kind(), Err("there is no primitive type `Int7`".into()));
    }

    #[test]
    fn a_description_names_the_parts() {
        assert_eq!(<Option<Vec<(u8, String)>>>::ty().describe(), "Option(List((UInt8, Text)))");
        assert_eq!(<std::collections::BTreeMap<u8, Vec<u8>>>::ty().describe(), "Map(UInt8, Data)");
    }
}
