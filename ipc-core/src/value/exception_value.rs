//! An exception inside a value: it arrives as `Remote`, since the other kinds only ever describe one's own connection.

use super::{
    Field, FieldReader, FieldWriter, Kind, Of, Ptr, Reader, Shape, Type, TypeName, Value, Writer, fingerprint,
};
use crate::exception::{Exception, ExceptionKind, Result};

impl Value for Exception {
    const KIND: Kind = Kind::Ptr(Ptr::Struct);
    const SHAPE: Shape = Shape::Record(&[Field::of::<String>("kind"), Field::of::<String>("message")]);
    const FINGERPRINT: u64 = fingerprint("ipc::Exception");

    fn ty() -> Type {
        Type::Named(TypeName { module: module_path!(), name: "Exception".into() }, Self::SHAPE)
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        let mut fields = writer.record::<Of<Self>>()?;
        fields.field::<0, _>(&self.kind().name().to_owned())?;
        fields.field::<1, _>(&self.call_and_message())?;
        fields.end()
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        let mut fields = reader.record::<Of<Self>>()?;
        let kind = fields.field::<0, String>()?;
        let message = fields.field::<1, String>()?;
        let kind = ExceptionKind::from_name(&kind).unwrap_or(ExceptionKind::Remote);
        Ok(Self::new(kind, message).into_remote())
    }

    fn as_exception(&self) -> Option<&Exception> {
        Some(self)
    }
}
