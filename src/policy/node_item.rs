//! A node in the heap: its score, its share of all scores, and the priority that follows.

use crate::model::ids::NodeIndex;
use crate::release::{Quirk, Release};

/// How a release reckons with scores (section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// One whole number, which is the priority (up to 2.4.12).
    Whole,
    /// Current minus assigned score, truncated (2.4.13 to 2.4.21, 2.5.0 to 2.5.3).
    Truncated,
    /// Current minus assigned score, rounded up (2.4.22 on, 2.5.4 on).
    Ceiled,
}

impl Arithmetic {
    /// The arithmetic of `release`.
    pub fn of(release: Release) -> Arithmetic {
        if !release.has(Quirk::ScoreIsWeighted) {
            Arithmetic::Whole
        } else if release.has(Quirk::PriorityTruncates) {
            Arithmetic::Truncated
        } else {
            Arithmetic::Ceiled
        }
    }

    /// The score of a segment: truncated where scores are whole numbers (section 7.3.1).
    pub fn segment_score(self, rows: i64, global_row_count_factor: f64) -> f64 {
        let score = rows as f64 * (1.0 + global_row_count_factor);
        if self == Arithmetic::Whole { score.trunc() } else { score }
    }
}

/// A node that may receive or give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NodeItem {
    /// The node.
    pub node: NodeIndex,
    /// Its score, plans of this consultation included. Whole where the arithmetic is.
    pub current: f64,
    /// Its share of all scores; 0 before 2.4.13.
    pub assigned: f64,
    /// How the priority follows.
    pub arithmetic: Arithmetic,
}

impl NodeItem {
    /// A node with this score and no share yet.
    pub fn new(node: NodeIndex, score: i64, arithmetic: Arithmetic) -> NodeItem {
        NodeItem { node, current: score as f64, assigned: 0.0, arithmetic }
    }

    /// What the heap compares; always of the scores of this moment.
    pub fn priority(&self) -> i64 {
        let excess = self.current - self.assigned;
        match self.arithmetic {
            Arithmetic::Whole | Arithmetic::Truncated => excess as i64,
            // Rounded up as `ceil` does it, which is a call on most machines.
            Arithmetic::Ceiled => {
                let whole = excess as i64;
                whole.saturating_add(i64::from((whole as f64) < excess))
            }
        }
    }
}

/// Where each node stands among the items, for look-ups that do not walk them.
#[derive(Debug, Clone)]
pub struct Places {
    by_node: Vec<Option<usize>>,
}

impl Places {
    /// The places of these items.
    pub fn of(items: &[NodeItem]) -> Places {
        let bound = items.iter().map(|item| item.node.position() + 1).max().unwrap_or(0);
        let mut by_node = vec![None; bound];
        for (place, item) in items.iter().enumerate() {
            by_node[item.node.position()] = Some(place);
        }
        Places { by_node }
    }

    /// The place of a node; `None` when it is no item, or nobody.
    pub fn find(&self, node: Option<NodeIndex>) -> Option<usize> {
        self.by_node.get(node?.position()).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_round_as_their_release_does() {
        let mut item = NodeItem::new(NodeIndex(1), 100, Arithmetic::Ceiled);
        item.assigned = 50.7;
        assert_eq!(item.priority(), 50);
        item.arithmetic = Arithmetic::Truncated;
        assert_eq!(item.priority(), 49);
        item.current = 40.0;
        assert_eq!(item.priority(), -10);
        item.arithmetic = Arithmetic::Ceiled;
        assert_eq!(item.priority(), -10);
    }

    #[test]
    fn rounding_up_is_that_of_the_library() {
        let mut item = NodeItem::new(NodeIndex(1), 0, Arithmetic::Ceiled);
        let far = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300, -1e300, 9.3e18, -9.3e18];
        let near = [0.0, -0.0, 1e-300, -1e-300, 0.5, -0.5, 1.0, -1.0, 4_503_599_627_370_495.5];
        for excess in far.into_iter().chain(near) {
            item.current = excess;
            assert_eq!(item.priority(), excess.ceil() as i64, "{excess}");
        }
    }

    #[test]
    fn segment_scores_are_whole_only_where_scores_are() {
        assert_eq!(Arithmetic::Whole.segment_score(15, 0.1), 16.0);
        assert_eq!(Arithmetic::Ceiled.segment_score(15, 0.1), 16.5);
    }
}
