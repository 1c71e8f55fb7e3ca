//! Things with numbers that are given in ascending order: those that are still there, found by number.

use std::collections::{BTreeMap, VecDeque};

/// Places kept at least before old things are filed apart.
const PLACES_MIN: usize = 64;
/// Places kept for each thing that is there.
const PLACES_PER_THING: usize = 8;

/// Things by number, each found at once by its distance from the oldest; the few that outlive many younger ones
/// are filed apart, so that memory grows with what is there, not with what was.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    old: BTreeMap<u32, T>,
    /// Number of the first place.
    first: u32,
    places: VecDeque<Option<T>>,
    count: usize,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { old: BTreeMap::new(), first: 0, places: VecDeque::new(), count: 0 }
    }
}

impl<T> Numbered<T> {
    fn place(&self, number: u32) -> Option<usize> {
        number.checked_sub(self.first).map(|place| place as usize)
    }

    /// Adds a thing. Its number should be above all before; any other that is free does as well.
    pub fn insert(&mut self, number: u32, thing: T) {
        if self.places.is_empty() {
            self.first = number;
        }
        self.count += 1;
        let Some(place) = self.place(number) else {
            self.old.insert(number, thing);
            return;
        };
        while self.places.len() <= place {
            self.places.push_back(None);
        }
        self.places[place] = Some(thing);
        while self.places.len() > PLACES_MIN + PLACES_PER_THING * self.count {
            self.file_first();
        }
    }

    fn file_first(&mut self) {
        if let Some(Some(thing)) = self.places.pop_front() {
            self.old.insert(self.first, thing);
        }
        self.first += 1;
    }

    /// The thing with this number.
    pub fn get(&self, number: u32) -> Option<&T> {
        match self.place(number) {
            Some(place) => self.places.get(place)?.as_ref(),
            None => self.old.get(&number),
        }
    }

    /// The thing with this number, to be changed.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        match self.place(number) {
            Some(place) => self.places.get_mut(place)?.as_mut(),
            None => self.old.get_mut(&number),
        }
    }

    /// Takes out the thing with this number.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        let thing = match self.place(number) {
            Some(place) => self.places.get_mut(place)?.take(),
            None => self.old.remove(&number),
        }?;
        self.count -= 1;
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
        Some(thing)
    }

    /// Takes out all.
    pub fn clear(&mut self) {
        *self = Numbered::default();
    }

    /// All, ascending by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> + '_ {
        let places = (self.first..).zip(&self.places);
        let young = places.filter_map(|(number, thing)| Some((number, thing.as_ref()?)));
        self.old.iter().map(|(number, thing)| (*number, thing)).chain(young)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbered_things_equal_a_plain_map(
            steps in prop::collection::vec((0u32..4, 0u32..40, any::<bool>()), 1..120),
        ) {
            let (mut things, mut plain, mut next) = (Numbered::default(), BTreeMap::new(), 0);
            for (gap, age, is_kept) in steps {
                next += gap;
                things.insert(next, next);
                plain.insert(next, next);
                next += 1;
                // Nearly all go soon, and the others only if they are met by chance.
                let gone = if is_kept { next.saturating_sub(10 * age) } else { next.saturating_sub(1) };
                prop_assert_eq!(things.get(gone), plain.get(&gone));
                prop_assert_eq!(things.get_mut(gone), plain.get_mut(&gone));
                prop_assert_eq!(things.remove(gone), plain.remove(&gone));
                let listed: Vec<(u32, u32)> = things.iter().map(|(number, thing)| (number, *thing)).collect();
                prop_assert_eq!(listed, plain.clone().into_iter().collect::<Vec<_>>());
            }
            prop_assert!(things.places.len() <= PLACES_MIN + PLACES_PER_THING * things.count);
        }
    }
}
