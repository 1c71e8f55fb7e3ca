//! What is kept of every move under way, by its number.

use crate::coordinator::outcome::MoveNumber;

/// So many ended moves may stay in the list, however few are under way.
const ENDED_MAX: usize = 32;

/// Something of every move under way. Moves come in the order of their numbers and mostly end in it, so a list
/// in that order is enough; the places of those that ended are given up when they are the greater part.
#[derive(Debug, Clone)]
pub(super) struct OpenMoves<T> {
    /// Ascending by number; `None` = it has ended.
    moves: Vec<(MoveNumber, Option<T>)>,
    ended: usize,
}

impl<T> Default for OpenMoves<T> {
    fn default() -> OpenMoves<T> {
        OpenMoves { moves: Vec::new(), ended: 0 }
    }
}

impl<T> OpenMoves<T> {
    /// A move begins. One that has its number already is replaced.
    pub(super) fn insert(&mut self, number: MoveNumber, open: T) {
        if self.moves.last().is_none_or(|(last, _)| *last < number) {
            self.moves.push((number, Some(open)));
            return;
        }
        match self.moves.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(place) => self.ended -= usize::from(self.moves[place].1.replace(open).is_none()),
            Err(place) => self.moves.insert(place, (number, Some(open))),
        }
    }

    /// A move ends; `None` = it is not under way.
    pub(super) fn remove(&mut self, number: MoveNumber) -> Option<T> {
        // Most are refused as soon as planned.
        if let Some((_, open)) = self.moves.pop_if(|(last, open)| *last == number && open.is_some()) {
            return open;
        }
        let place = self.moves.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        let open = self.moves[place].1.take()?;
        self.ended += 1;
        if self.ended > ENDED_MAX.max(self.moves.len() / 2) {
            self.moves.retain(|(_, open)| open.is_some());
            self.ended = 0;
        }
        Some(open)
    }

    /// Of all moves under way, ascending by number.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.moves.iter().filter_map(|(_, open)| open.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_list_keeps_what_a_map_keeps(
            steps in prop::collection::vec((any::<bool>(), 0u32..200), 1..400),
        ) {
            let (mut list, mut map) = (OpenMoves::default(), BTreeMap::new());
            for (step, (is_new, number)) in steps.into_iter().enumerate() {
                let number = MoveNumber(number);
                if is_new {
                    list.insert(number, step);
                    map.insert(number, step);
                } else {
                    prop_assert_eq!(list.remove(number), map.remove(&number));
                }
                prop_assert!(list.values().eq(map.values()));
            }
        }
    }
}
