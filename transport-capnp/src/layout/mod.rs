//! Where the fields of a struct lie: the schema compiler's algorithm, in constants.
//!
//! Fields are placed in the order of their ordinals. What a field takes never depends on later ones, so a struct that
//! grows at its end stays readable. An optional primitive is its value and then its presence bit, as the next field.

mod space;
mod union;

use ipc_core::{
    interface::MethodSchema,
    value::{Field, Kind, Prim, Shape},
};

use space::Space;
pub use union::Union;

/// How large a struct is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its data section, in words of 64 bits.
    pub data: u16,
    /// Its pointer section, in pointers.
    pub pointers: u16,
}

impl Size {
    /// Both sections, in words.
    pub const fn words(self) -> usize {
        self.data as usize + self.pointers as usize
    }
}

/// Where a field lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// For a primitive its offset in the data section, in units of its size; else its index in the pointer section.
    pub at: u32,
    /// The presence bit's offset in the data section, in bits.
    pub has: Option<u32>,
    /// The bits of the default, with which the value is combined by exclusive or.
    pub default: u64,
    /// What it holds.
    pub kind: Kind,
}

/// The fields of a struct, of a method's parameters, or of its results.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// Whether a `Context` comes first.
    pub context: bool,
    /// The fields.
    pub fields: &'a [Field],
    /// One more, laid out before these: the error of a method, as libmultiprocess wants it. Its number is after theirs.
    pub error: Option<Field>,
}

impl<'a> Members<'a> {
    /// The fields of a struct.
    pub const fn of(fields: &'a [Field]) -> Self {
        Self { context: false, fields, error: None }
    }

    /// The parameters of a method.
    pub const fn params(method: &'a MethodSchema) -> Self {
        Self { context: method.context, fields: method.params, error: None }
    }

    /// The results of a method, after its error.
    pub const fn results(method: &'a MethodSchema) -> Self {
        Self { context: false, fields: method.results, error: method.error }
    }

    /// How many fields there are, without the context.
    pub const fn len(&self) -> usize {
        self.fields.len() + self.error.is_some() as usize
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Field `n`; the error has the number after the results.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub const fn field(&self, n: usize) -> Field {
        match self.error {
            Some(error) if n == self.fields.len() => error,
            _ => self.fields[n],
        }
    }

    /// Where field `n` lies.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub const fn slot(&self, n: usize) -> Slot {
        let mut space = self.before();
        if let Some(error) = self.error {
            let slot = place(&mut space, error);
            if n == self.fields.len() {
                return slot;
            }
        }
        let mut i = 0;
        while i < n {
            place(&mut space, self.fields[i]);
            i += 1;
        }
        place(&mut space, self.fields[n])
    }

    /// How large the struct is.
    ///
    /// # Panics
    ///
    /// If it is larger than Cap'n Proto's largest.
    pub const fn size(&self) -> Size {
        let mut space = self.before();
        if let Some(error) = self.error {
            place(&mut space, error);
        }
        let mut i = 0;
        while i < self.fields.len() {
            place(&mut space, self.fields[i]);
            i += 1;
        }
        space.size()
    }

    const fn before(&self) -> Space {
        let mut space = Space::new();
        if self.context {
            space.add_pointer();
        }
        space
    }
}

/// How large a struct or a union with these members is.
///
/// # Panics
///
/// If the type is said to be a struct but has no members' list.
pub const fn size_of(shape: Shape) -> Size {
    match shape {
        Shape::Record(fields) => Members::of(fields).size(),
        Shape::Union(variants) => Union { variants }.size(),
        Shape::Leaf => panic!("a type whose kind is a struct must have a shape"),
    }
}

/// The base-2 logarithm of a primitive's size in bits, or nothing if it takes none.
pub(crate) const fn lg_bits(prim: Prim) -> Option<u32> {
    match prim {
        Prim::Void => None,
        Prim::Bool => Some(0),
        Prim::B8 => Some(3),
        Prim::B16 => Some(4),
        Prim::B32 => Some(5),
        Prim::B64 => Some(6),
    }
}

const fn place(space: &mut Space, field: Field) -> Slot {
    let (at, has) = match field.kind {
        Kind::Prim(prim) => (space.add(prim), None),
        Kind::OptPrim(prim) => {
            let at = space.add(prim);
            (at, Some(space.add(Prim::Bool)))
        }
        Kind::Ptr(_) | Kind::OptPtr(_) | Kind::Boxed => (space.add_pointer(), None),
        Kind::HasPtr(_) => {
            let at = space.add_pointer();
            (at, Some(space.add(Prim::Bool)))
        }
    };
    Slot { at, has, default: field.default, kind: field.kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn field<T: ipc_core::Value>() -> Field {
        Field::of::<T>("f")
    }

    fn offsets(fields: &[Field]) -> Vec<u32> {
        (0..fields.len()).map(|n| Members::of(fields).slot(n).at).collect()
    }

    #[test]
    fn data_goes_into_the_smallest_hole_that_fits() {
        let fields = [field::<u8>(), field::<u32>(), field::<u8>(), field::<u16>(), field::<bool>(), field::<u64>()];
        assert_eq!(offsets(&fields), [0, 1, 1, 1, 64, 2]);
        assert_eq!(Members::of(&fields).size(), Size { data: 3, pointers: 0 });
    }

    #[test]
    fn an_optional_primitive_takes_the_next_field_for_its_presence() {
        let fields = [field::<Option<u16>>(), field::<Option<bool>>(), field::<Option<String>>()];
        let slot = |n| Members::of(&fields).slot(n);
        assert_eq!((slot(0).at, slot(0).has), (0, Some(16)));
        assert_eq!((slot(1).at, slot(1).has), (17, Some(18)));
        assert_eq!((slot(2).at, slot(2).has), (0, None));
    }

    #[test]
    fn a_context_is_the_first_pointer() {
        let fields = [field::<String>(), field::<u8>(), field::<Vec<u8>>()];
        let members = Members { context: true, fields: &fields, error: None };
        assert_eq!((members.slot(0).at, members.slot(2).at), (1, 2));
        assert_eq!(members.size(), Size { data: 1, pointers: 3 });
    }

    #[test]
    fn layouts_are_constants() {
        const SLOT: Slot = Members::of(&[field::<bool>(), field::<f64>()]).slot(1);
        assert_eq!(SLOT.at, 1);
    }
}
