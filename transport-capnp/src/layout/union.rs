//! The layout of an enum with data: a struct that holds nothing but an unnamed union.

use ipc_core::value::{Kind, Variant};

use super::{Size, Slot, lg_bits, space::Space};

/// The variants of an enum with data.
///
/// Each member of the union is on its own: all share one pointer slot, and the smallest place for data that fits. A
/// variant with several fields, or with one that would need a presence bit, is a pointer to a struct of its own.
#[derive(Clone, Copy, Debug)]
pub struct Union<'a> {
    /// The variants, numbered from 0.
    pub variants: &'a [Variant],
}

/// How many bits the tag takes, as a base-2 logarithm.
const LG_TAG: u32 = 4;

impl Union<'_> {
    /// Whether the one field of variant `n`, if it has one, is the union's member itself.
    ///
    /// # Panics
    ///
    /// If there is no such variant.
    pub const fn is_direct(&self, n: usize) -> bool {
        match self.variants[n].fields {
            [] => true,
            [field] => !matches!(field.kind, Kind::OptPrim(_) | Kind::HasPtr(_)),
            _ => false,
        }
    }

    /// Where the member of variant `n` lies: its field if that is direct, else the pointer to its struct. Meaningless for
    /// a variant without data.
    ///
    /// # Panics
    ///
    /// If there is no such variant.
    pub const fn slot(&self, n: usize) -> Slot {
        let mut plan = Plan::new();
        let mut at = 0;
        let mut i = 0;
        while i <= n {
            at = plan.add(self.member(i));
            i += 1;
        }
        let (default, kind) = match (self.is_direct(n), self.variants[n].fields) {
            (true, [field]) => (field.default, field.kind),
            (true, _) => (0, Kind::Prim(ipc_core::value::Prim::Void)),
            (false, _) => (0, Kind::Ptr(ipc_core::value::Ptr::Struct)),
        };
        Slot { at, has: None, default, kind }
    }

    /// The offset of the tag, in units of 16 bits.
    pub const fn tag(&self) -> u32 {
        match self.plan().tag {
            Some(tag) => tag,
            None => unreachable!(),
        }
    }

    /// How large the struct is.
    ///
    /// # Panics
    ///
    /// If it is larger than Cap'n Proto's largest.
    pub const fn size(&self) -> Size {
        self.plan().space.size()
    }

    const fn plan(&self) -> Plan {
        let mut plan = Plan::new();
        let mut i = 0;
        while i < self.variants.len() {
            plan.add(self.member(i));
            i += 1;
        }
        // A union has at least two members; the schema gives an enum of one variant reserved ones.
        while plan.members < 2 {
            plan.add(Member::Void);
        }
        plan
    }

    const fn member(&self, n: usize) -> Member {
        match (self.is_direct(n), self.variants[n].fields) {
            (true, []) => Member::Void,
            (true, [field]) => match field.kind {
                Kind::Prim(prim) => match lg_bits(prim) {
                    None => Member::Void,
                    Some(lg) => Member::Data(lg),
                },
                _ => Member::Pointer,
            },
            _ => Member::Pointer,
        }
    }
}

#[derive(Clone, Copy)]
enum Member {
    Void,
    Data(u32),
    Pointer,
}

/// A union while it is laid out.
struct Plan {
    space: Space,
    members: usize,
    tag: Option<u32>,
    /// Places for data: the logarithm of the size, and the offset in units of it. Each new one is larger than all before
    /// it could be made, so there are few.
    places: [(u32, u32); 7],
    used: usize,
    pointer: Option<u32>,
}

impl Plan {
    const fn new() -> Self {
        Self { space: Space::new(), members: 0, tag: None, places: [(0, 0); 7], used: 0, pointer: None }
    }

    const fn add(&mut self, member: Member) -> u32 {
        self.members += 1;
        if self.members == 2 {
            self.tag = Some(self.space.add_data(LG_TAG));
        }
        match member {
            Member::Void => 0,
            Member::Data(lg) => self.add_data(lg),
            Member::Pointer => match self.pointer {
                Some(at) => at,
                None => {
                    let at = self.space.add_pointer();
                    self.pointer = Some(at);
                    at
                }
            },
        }
    }

    const fn add_data(&mut self, lg: u32) -> u32 {
        let (mut best, mut i) = (self.used, 0);
        while i < self.used {
            if self.places[i].0 >= lg && (best == self.used || self.places[i].0 < self.places[best].0) {
                best = i;
            }
            i += 1;
        }
        if best < self.used {
            let (size, at) = self.places[best];
            return at << (size - lg);
        }
        let mut i = 0;
        while i < self.used {
            let (size, at) = self.places[i];
            if self.space.widen(size, at, lg - size) {
                self.places[i] = (lg, at >> (lg - size));
                return self.places[i].1;
            }
            i += 1;
        }
        let at = self.space.add_data(lg);
        self.places[self.used] = (lg, at);
        self.used += 1;
        at
    }
}

#[cfg(test)]
mod tests {
    use ipc_core::value::Field;

    use super::*;

    const fn one<T: ipc_core::Value>() -> Variant {
        Variant { name: "V", tag: None, fields: const { &[Field::of::<T>("0")] } }
    }

    #[test]
    fn members_share_their_places_and_the_tag_stands_before_the_second() {
        let variants = [one::<u8>(), one::<String>(), one::<u32>(), one::<bool>(), one::<Vec<u8>>()];
        let union = Union { variants: &variants };
        assert_eq!(union.tag(), 1);
        // The byte cannot widen over the tag; the flag shares the byte.
        assert_eq!((0..5).map(|n| union.slot(n).at).collect::<Vec<_>>(), [0, 0, 1, 0, 0]);
        assert_eq!(union.size(), Size { data: 1, pointers: 1 });
    }

    #[test]
    fn a_variant_with_a_presence_bit_is_a_struct() {
        let variants = [one::<Option<u32>>(), one::<Option<String>>(), one::<Option<Option<u8>>>()];
        let union = Union { variants: &variants };
        assert_eq!([union.is_direct(0), union.is_direct(1), union.is_direct(2)], [false, true, true]);
    }

    #[test]
    fn an_enum_of_one_variant_has_a_tag() {
        let union = Union { variants: &[one::<u64>()] };
        assert_eq!((union.tag(), union.size()), (4, Size { data: 2, pointers: 0 }));
    }
}
