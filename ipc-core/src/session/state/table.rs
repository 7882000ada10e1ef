//! Places that are used again under another id.

/// What has an id that this side gave: the place in the lower half, and how often the place was used before in the upper.
#[derive(Debug)]
pub(super) struct Table<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Gives it an id that nothing else had.
    pub(super) fn insert(&mut self, value: T) -> u64 {
        self.len += 1;
        if let Some(index) = self.free.pop() {
            let place = &mut self.places[index as usize];
            place.value = Some(value);
            return id(index, place.generation);
        }
        // Limits end this long before.
        let index = u32::try_from(self.places.len()).expect("a table has less than 2^32 places");
        self.places.push(Place { generation: 1, value: Some(value) });
        id(index, 1)
    }

    pub(super) fn get(&self, id: u64) -> Option<&T> {
        let place = self.places.get(id as u32 as usize)?;
        if place.generation == (id >> 32) as u32 { place.value.as_ref() } else { None }
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        let place = self.places.get_mut(id as u32 as usize)?;
        if place.generation == (id >> 32) as u32 { place.value.as_mut() } else { None }
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<T> {
        let index = id as u32;
        let place = self.places.get_mut(index as usize).filter(|place| place.generation == (id >> 32) as u32)?;
        let value = place.value.take()?;
        self.len -= 1;
        place.generation = place.generation.wrapping_add(1);
        // A place that had all generations is not used any more: an id of it would be an old one's.
        if place.generation != 0 {
            self.free.push(index);
        }
        Some(value)
    }

    /// Takes all.
    pub(super) fn drain(&mut self) -> Vec<T> {
        let ids: Vec<u64> = self.ids().collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    fn ids(&self) -> impl Iterator<Item = u64> {
        (0..).zip(&self.places).filter(|(_, place)| place.value.is_some()).map(|(n, place)| id(n, place.generation))
    }
}

fn id(index: u32, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_used_again_has_another_id() {
        let mut table = Table::default();
        let first = table.insert('a');
        assert_ne!(first, 0);
        assert_eq!(table.remove(first), Some('a'));
        let second = table.insert('b');
        assert_ne!(second, first);
        assert_eq!(table.remove(first), None);
        assert_eq!((table.get(first), table.len()), (None, 1));
        assert_eq!(table.get(second), Some(&'b'));
    }

    #[test]
    fn a_place_that_had_all_generations_is_left() {
        let mut table = Table::default();
        let first = table.insert('a');
        table.places[0].generation = u32::MAX;
        assert_eq!(table.remove(u64::from(u32::MAX) << 32), Some('a'));
        let second = table.insert('b');
        assert_eq!(second as u32, 1);
        assert_eq!(table.get(first), None);
    }
}
