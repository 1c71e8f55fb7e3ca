//! What balance rounds read of many nodes at once, kept as one column each.

use super::ClusterView;
use super::collection::{CollectionView, grown_by};
use super::node::{NodeState, NodeVersion, NodeView};
use crate::model::ids::{NodeIndex, SegmentIndex};
use std::ops::{Deref, DerefMut, Range};

/// The smallest copy of a node whose list of copies is empty; also what a list must be asked for.
pub const NOTHING: u32 = u32::MAX;

/// Marks of a node in [`Columns::marks`].
pub mod marks {
    /// No session.
    pub const UNKNOWN: u8 = 1;
    /// Has announced its stop.
    pub const STOPPING: u8 = 2;
    /// Suspended by an operator.
    pub const SUSPENDED: u8 = 4;
    /// Marked as out of memory or disk.
    pub const EXHAUSTED: u8 = 8;
    /// Its software is older than 2.6.
    pub const OLD: u8 = 16;
}

/// Places of nodes each of which is followed by the next, with the first node's number.
pub fn runs(nodes: &[NodeIndex]) -> impl Iterator<Item = (Range<usize>, usize)> + '_ {
    let mut begin = 0;
    std::iter::from_fn(move || {
        let left = &nodes[begin..];
        let first = left.first()?.0;
        let expected = |place: usize| first + place as u32;
        // Most lists have no gap: this compares all of them at once.
        let differs =
            || left.iter().enumerate().fold(0, |differs, (place, node)| differs | (node.0 ^ expected(place)));
        let length = if left[left.len() - 1].0 == expected(left.len() - 1) && differs() == 0 {
            left.len()
        } else {
            left.iter().enumerate().take_while(|(place, node)| node.0 == expected(*place)).count()
        };
        let places = begin..begin + length;
        begin += length;
        Some((places, first as usize))
    })
}

/// Columns by node; they follow from the [`NodeView`]s.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub(super) rows: Vec<i64>,
    /// The rows times `factor`, as whole numbers.
    weighted: Vec<f64>,
    /// The same as integers; the nearest that there is where they are too large.
    weighted_whole: Vec<i64>,
    factor: f64,
    pub(super) memory_mib: Vec<f64>,
    pub(super) marks: Vec<u8>,
}

impl Columns {
    /// Sealed, growing and pending rows of all collections.
    pub fn rows(&self) -> &[i64] {
        &self.rows
    }

    /// The rows times `factor`, without what is behind the point, if that is the factor by which they are
    /// [kept](ClusterView::weigh_rows).
    pub fn weighted_rows(&self, factor: f64) -> Option<&[f64]> {
        (self.factor.to_bits() == factor.to_bits()).then_some(&self.weighted[..])
    }

    /// The same as integers, without loss as long as they fit 32 bits.
    pub fn weighted_whole_rows(&self, factor: f64) -> Option<&[i64]> {
        (self.factor.to_bits() == factor.to_bits()).then_some(&self.weighted_whole[..])
    }

    /// Memory capacity in whole MiB; 0 until the first report.
    pub fn memory_mib(&self) -> &[f64] {
        &self.memory_mib
    }

    /// Each node's [`marks`]; 0 = normal.
    pub fn marks(&self) -> &[u8] {
        &self.marks
    }

    /// The marks that any of these nodes has.
    pub fn marks_of(&self, nodes: &[NodeIndex]) -> u8 {
        let of_run = |(places, first): (Range<usize>, usize)| &self.marks[first..first + places.len()];
        runs(nodes).flat_map(of_run).fold(0, |met, mark| met | mark)
    }

    pub(super) fn follow(&mut self, node: NodeIndex, seen: &NodeView) {
        let place = node.position();
        if place >= self.rows.len() {
            self.rows.resize(place + 1, 0);
            self.weighted.resize(place + 1, 0.0);
            self.weighted_whole.resize(place + 1, 0);
            self.memory_mib.resize(place + 1, 0.0);
            self.marks.resize(place + 1, marks::UNKNOWN);
        }
        self.rows[place] = seen.sealed_rows + seen.growing_rows + seen.pending_rows;
        self.weighted[place] = (self.rows[place] as f64 * self.factor).trunc();
        self.weighted_whole[place] = self.weighted[place] as i64;
        self.memory_mib[place] = seen.memory_mib as f64;
        let state = match seen.state {
            NodeState::Unknown => marks::UNKNOWN,
            NodeState::Normal => 0,
            NodeState::Stopping => marks::STOPPING,
            NodeState::Suspended => marks::SUSPENDED,
        };
        let exhausted = if seen.is_exhausted { marks::EXHAUSTED } else { 0 };
        let old = if seen.version < NodeVersion::Newer { marks::OLD } else { 0 };
        self.marks[place] = state | exhausted | old;
    }
}

/// A query node that is being changed; the columns follow when this is dropped.
#[derive(Debug)]
pub struct NodeMut<'a> {
    pub(super) view: &'a mut ClusterView,
    pub(super) node: NodeIndex,
}

impl Deref for NodeMut<'_> {
    type Target = NodeView;

    fn deref(&self) -> &NodeView {
        &self.view.nodes[self.node.position()]
    }
}

impl DerefMut for NodeMut<'_> {
    fn deref_mut(&mut self) -> &mut NodeView {
        &mut self.view.nodes[self.node.position()]
    }
}

impl Drop for NodeMut<'_> {
    fn drop(&mut self) {
        self.view.columns.follow(self.node, &self.view.nodes[self.node.position()]);
    }
}

/// How many copies of a collection need a closer look before they may move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Copies of segments that the current target lacks.
    pub not_current: i64,
    /// Copies of segments that the next target lacks.
    pub not_next: i64,
    /// Copies of segments that both targets lack.
    pub in_neither: i64,
    /// Copies of level-zero segments.
    pub level_zero: i64,
    /// Segments with more than one copy anywhere.
    pub repeated: i64,
}

impl CollectionView {
    /// How many of its copies need a closer look.
    pub fn doubts(&self) -> Doubts {
        self.doubts
    }

    /// Rows of its sealed segments by node; a node beyond the end has none, or [`CollectionView::rows_in_lists`].
    pub fn sealed_column(&self) -> &[i64] {
        &self.sealed_rows
    }

    /// Its pending rows by node; a node beyond the end has none, or [`CollectionView::rows_in_lists`].
    pub fn pending_column(&self) -> &[i64] {
        &self.pending_rows
    }

    /// Rows of its smallest copy by node, or [`NOTHING`]; so has a node beyond the
    /// end, whose list must be asked for.
    pub fn smallest_column(&self) -> &[u32] {
        &self.smallest
    }

    pub(super) fn follow_smallest(&mut self, node: NodeIndex) {
        let rows = self.copies(node).first().map_or(NOTHING, |copy| copy.rows);
        *grown_by(&mut self.smallest, node, || NOTHING) = rows;
    }
}

impl ClusterView {
    /// What rounds read of many nodes at once.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Keeps the rows of nodes weighted by this factor (`queryCoord.globalRowCountFactor`) from now on.
    pub fn weigh_rows(&mut self, factor: f64) {
        let columns = &mut self.columns;
        if columns.factor.to_bits() != factor.to_bits() {
            columns.factor = factor;
            columns.weighted = columns.rows.iter().map(|rows| (*rows as f64 * factor).trunc()).collect();
            columns.weighted_whole = columns.weighted.iter().map(|rows| *rows as i64).collect();
        }
    }

    /// So many copies more (or fewer) of a segment as its flags are now.
    pub(super) fn doubt(&mut self, segment: SegmentIndex, copies: i64) {
        let seen = self.segment(segment);
        let doubts = &mut self.collections[seen.collection.position()].doubts;
        let when = |is_so: bool| if is_so { copies } else { 0 };
        doubts.not_current += when(!seen.in_current);
        doubts.not_next += when(!seen.in_next);
        doubts.in_neither += when(!seen.in_current && !seen.in_next);
        doubts.level_zero += when(seen.is_level_zero);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_cover_all_nodes_once(nodes in proptest::collection::vec(0u32..9, 0..12)) {
            let nodes: Vec<NodeIndex> = nodes.into_iter().map(NodeIndex).collect();
            let mut seen = Vec::new();
            for (places, first) in runs(&nodes) {
                prop_assert_eq!(places.start, seen.len());
                seen.extend((first..first + places.len()).map(NodeIndex::at));
            }
            prop_assert_eq!(seen, nodes);
        }
    }
}
