//! Tuples: the arguments and results of a call, and values of their own.

use super::{Field, FieldReader, FieldWriter, Kind, Of, Ptr, Reader, Shape, Type, Value, Writer, fingerprint, mix};
use crate::exception::Result;

/// The arguments or the results of a call: a tuple of values. `-> T` is `(T,)`, several named results are a longer one.
pub trait Args: Sized + Send + 'static {
    /// The kinds of the fields, in order.
    const KINDS: &'static [Kind];

    /// Writes all fields.
    ///
    /// # Errors
    ///
    /// As for [`Value::write`].
    fn write<F: FieldWriter>(&self, fields: &mut F) -> Result<()>;

    /// Reads all fields.
    ///
    /// # Errors
    ///
    /// As for [`Value::read`].
    fn read<F: FieldReader>(fields: &mut F) -> Result<Self>;
}

/// The type of a tuple's element `N`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no element {N}",
    note = "`results(…)` names the elements of the tuple that a method returns, each once"
)]
pub trait Element<const N: usize> {
    /// It.
    type Type;
}

impl Args for () {
    const KINDS: &'static [Kind] = &[];

    fn write<F: FieldWriter>(&self, _: &mut F) -> Result<()> {
        Ok(())
    }

    fn read<F: FieldReader>(_: &mut F) -> Result<Self> {
        Ok(())
    }
}

macro_rules! args {
    ($($n:ident $i:tt),*) => {
        impl<$($n: Value),*> Args for ($($n,)*) {
            const KINDS: &'static [Kind] = &[$($n::KIND),*];

            fn write<F: FieldWriter>(&self, fields: &mut F) -> Result<()> {
                $(fields.field::<$i, $n>(&self.$i)?;)*
                Ok(())
            }

            fn read<F: FieldReader>(fields: &mut F) -> Result<Self> {
                Ok(($(fields.field::<$i, $n>()?,)*))
            }
        }

        impl<$($n: Value),*> Value for ($($n,)*) {
            const KIND: Kind = Kind::Ptr(Ptr::Struct);
            const SHAPE: Shape = Shape::Record(&[$(Field::of::<$n>(NAMES[$i])),*]);
            const FINGERPRINT: u64 = {
                let hash = fingerprint("tuple");
                $(let hash = mix(hash, $n::FINGERPRINT);)*
                hash
            };

            fn ty() -> Type {
                Type::Tuple(<Of<Self> as super::Fields>::FIELDS)
            }

            fn write<W: Writer>(&self, writer: W) -> Result<()> {
                let mut fields = writer.record::<Of<Self>>()?;
                Args::write(self, &mut fields)?;
                fields.end()
            }

            fn read<R: Reader>(reader: R) -> Result<Self> {
                Args::read(&mut reader.record::<Of<Self>>()?)
            }
        }
    };
}

/// A pair's fields are `key` and `value`, as in a map's entry; a longer tuple's go on from there.
const NAMES: [&str; 12] =
    ["key", "value", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];

macro_rules! all_args {
    ($($n:ident $i:tt),*) => { all_args!(@ [] $($n $i),*); };
    (@ [$($done:tt)*]) => {};
    (@ [] $n:ident $i:tt $(, $($rest:tt)*)?) => {
        args!($n $i);
        all_args!(@ [$n $i] $($($rest)*)?);
    };
    (@ [$($done:tt)+] $n:ident $i:tt $(, $($rest:tt)*)?) => {
        args!($($done)+, $n $i);
        all_args!(@ [$($done)+, $n $i] $($($rest)*)?);
    };
}

all_args!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, J 7, K 8, L 9, M 10, N 11);

macro_rules! elements {
    ($all:tt; $($i:tt $t:ident),*) => { $(element!($all $i $t);)* };
}

macro_rules! element {
    ([$($n:ident),*] $i:tt $t:ident) => {
        impl<$($n),*> Element<$i> for ($($n,)*) {
            type Type = $t;
        }
    };
}

elements!([A]; 0 A);
elements!([A, B]; 0 A, 1 B);
elements!([A, B, C]; 0 A, 1 B, 2 C);
elements!([A, B, C, D]; 0 A, 1 B, 2 C, 3 D);
elements!([A, B, C, D, E]; 0 A, 1 B, 2 C, 3 D, 4 E);
elements!([A, B, C, D, E, F]; 0 A, 1 B, 2 C, 3 D, 4 E, 5 F);
elements!([A, B, C, D, E, F, G]; 0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G);
elements!([A, B, C, D, E, F, G, H]; 0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H);
