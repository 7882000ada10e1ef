//! Times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    Field, FieldReader, FieldWriter, Kind, Of, Ptr, Reader, Shape, Type, TypeName, Value, Writer, fingerprint,
};
use crate::exception::{Exception, ExceptionKind, Result};

/// Crosses as whole seconds and nanoseconds. Where a schema says otherwise, use a hook.
impl Value for Duration {
    const KIND: Kind = Kind::Ptr(Ptr::Struct);
    const SHAPE: Shape = Shape::Record(&[Field::of::<u64>("seconds"), Field::of::<u32>("nanoseconds")]);
    const FINGERPRINT: u64 = fingerprint("Duration");

    fn ty() -> Type {
        Type::Named(TypeName { module: module_path!(), name: "Duration".into() }, Self::SHAPE)
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        let mut fields = writer.record::<Of<Self>>()?;
        fields.field::<0, _>(&self.as_secs())?;
        fields.field::<1, _>(&self.subsec_nanos())?;
        fields.end()
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        let mut fields = reader.record::<Of<Self>>()?;
        let seconds = fields.field::<0, u64>()?;
        Ok(Self::new(seconds, nanoseconds(fields.field::<1, u32>()?)?))
    }
}

/// Crosses as seconds since 1970, rounded down, and nanoseconds.
impl Value for SystemTime {
    const KIND: Kind = Kind::Ptr(Ptr::Struct);
    const SHAPE: Shape = Shape::Record(&[Field::of::<i64>("seconds"), Field::of::<u32>("nanoseconds")]);
    const FINGERPRINT: u64 = fingerprint("SystemTime");

    fn ty() -> Type {
        Type::Named(TypeName { module: module_path!(), name: "SystemTime".into() }, Self::SHAPE)
    }

    fn write<W: Writer>(&self, writer: W) -> Result<()> {
        let (seconds, nanoseconds) = match self.duration_since(UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).ok(), after.subsec_nanos()),
            Err(error) => {
                let before = error.duration();
                let whole = i64::try_from(before.as_secs()).ok().map(|seconds| -seconds);
                match before.subsec_nanos() {
                    0 => (whole, 0),
                    part => (whole.and_then(|seconds| seconds.checked_sub(1)), 1_000_000_000 - part),
                }
            }
        };
        let mut fields = writer.record::<Of<Self>>()?;
        fields.field::<0, _>(&seconds.ok_or_else(out_of_range)?)?;
        fields.field::<1, _>(&nanoseconds)?;
        fields.end()
    }

    fn read<R: Reader>(reader: R) -> Result<Self> {
        let mut fields = reader.record::<Of<Self>>()?;
        let seconds = fields.field::<0, i64>()?;
        let part = Duration::from_nanos(nanoseconds(fields.field::<1, u32>()?)?.into());
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let at = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        at.and_then(|at| at.checked_add(part)).ok_or_else(out_of_range)
    }
}

fn nanoseconds(n: u32) -> Result<u32> {
    if n < 1_000_000_000 {
        return Ok(n);
    }
    let message = format!("expected less than 1000000000 nanoseconds beside whole seconds, got {n}");
    Err(Exception::new(ExceptionKind::Protocol, message))
}

fn out_of_range() -> Exception {
    Exception::new(ExceptionKind::Protocol, "a time is out of this machine's range")
}
