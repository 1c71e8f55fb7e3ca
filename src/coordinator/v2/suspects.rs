//! Segments that the segment checker has to look at.

use crate::model::ids::SegmentIndex;

/// Segments, each once: a list of them, and one bit per segment that says whether it is listed.
#[derive(Debug, Clone, Default)]
pub struct Suspects {
    listed: Vec<SegmentIndex>,
    marks: Vec<u64>,
}

impl Suspects {
    /// Adds a segment.
    pub fn insert(&mut self, segment: SegmentIndex) {
        let (word, bit) = (segment.position() / 64, 1 << (segment.position() % 64));
        if self.marks.len() <= word {
            self.marks.resize(word + 1, 0);
        }
        if self.marks[word] & bit == 0 {
            self.marks[word] |= bit;
            self.listed.push(segment);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// All, ascending.
    pub fn sorted(&self) -> Vec<SegmentIndex> {
        let mut listed = self.listed.clone();
        listed.sort_unstable();
        listed
    }

    /// Takes all out, ascending.
    pub fn take(&mut self) -> Vec<SegmentIndex> {
        let mut listed = std::mem::take(&mut self.listed);
        for segment in &listed {
            self.marks[segment.position() / 64] = 0;
        }
        listed.sort_unstable();
        listed
    }
}

impl Extend<SegmentIndex> for Suspects {
    fn extend<T: IntoIterator<Item = SegmentIndex>>(&mut self, segments: T) {
        segments.into_iter().for_each(|segment| self.insert(segment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_suspect_is_taken_once_and_in_order() {
        let mut suspects = Suspects::default();
        suspects.extend([130, 3, 64, 3, 130].map(SegmentIndex));
        assert_eq!(suspects.sorted(), [3, 64, 130].map(SegmentIndex));
        assert_eq!(suspects.take(), [3, 64, 130].map(SegmentIndex));
        assert!(suspects.is_empty());
        suspects.insert(SegmentIndex(64));
        assert_eq!(suspects.take(), [SegmentIndex(64)], "what was taken may come again");
    }
}
