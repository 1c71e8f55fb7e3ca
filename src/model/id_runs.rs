//! Ascending ids, kept as runs of consecutive ones: a million ids that were given out cost a few bytes.

/// The first of consecutive ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Its position among all ids.
    position: u32,
    id: i64,
}

/// Ids in ascending order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdRuns {
    runs: Vec<Run>,
    len: u32,
}

impl IdRuns {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an id above all so far.
    ///
    /// # Panics
    ///
    /// If it is not above them.
    pub fn push(&mut self, id: i64) {
        let last = self.last();
        assert!(last.is_none_or(|last| last < id), "ids ascend");
        if last.and_then(|last| last.checked_add(1)) != Some(id) {
            self.runs.push(Run { position: self.len, id });
        }
        self.len += 1;
    }

    /// The id at a position.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn at(&self, position: usize) -> i64 {
        assert!(position < self.len(), "a position among the ids");
        let behind = match self.runs.len() {
            1 => 1,
            _ => self.runs.partition_point(|run| run.position as usize <= position),
        };
        let run = self.runs[behind - 1];
        run.id + (position - run.position as usize) as i64
    }

    /// The highest id.
    pub fn last(&self) -> Option<i64> {
        let run = self.runs.last()?;
        Some(run.id + i64::from(self.len - run.position) - 1)
    }

    /// The position of an id.
    pub fn find(&self, id: i64) -> Option<usize> {
        let behind = self.runs.partition_point(|run| run.id <= id);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        let end = self.runs.get(behind).map_or(self.len, |next| next.position);
        let position = u64::from(run.position) + id.abs_diff(run.id);
        (position < u64::from(end)).then_some(position as usize)
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        self.runs.iter().enumerate().flat_map(|(number, run)| {
            let end = self.runs.get(number + 1).map_or(self.len, |next| next.position);
            (0..i64::from(end - run.position)).map(|offset| run.id + offset)
        })
    }
}

impl FromIterator<i64> for IdRuns {
    fn from_iter<T: IntoIterator<Item = i64>>(ids: T) -> IdRuns {
        let mut runs = IdRuns::default();
        ids.into_iter().for_each(|id| runs.push(id));
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn runs_equal_a_plain_list(ids in prop::collection::btree_set(-30i64..30, 0..40)) {
            let ids: Vec<i64> = ids.into_iter().collect();
            let runs: IdRuns = ids.iter().copied().collect();
            prop_assert_eq!(runs.iter().collect::<Vec<_>>(), ids.clone());
            prop_assert_eq!((runs.len(), runs.is_empty()), (ids.len(), ids.is_empty()));
            prop_assert_eq!(runs.last(), ids.last().copied());
            for (position, id) in ids.iter().enumerate() {
                prop_assert_eq!(runs.at(position), *id);
            }
            for id in -32..32 {
                prop_assert_eq!(runs.find(id), ids.binary_search(&id).ok());
            }
        }
    }
}
