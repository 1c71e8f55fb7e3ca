//! What a collection has by node, in lists or in arrays, against a plain map.

use super::ClusterView;
use super::node::NodeView;
use super::segment::{SegmentCopy, SegmentView};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, SegmentIndex};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NODES: u32 = 40;
const SEGMENTS: u32 = 14;

#[derive(Debug, Clone)]
enum Step {
    Set(u32, u32, u32),
    Remove(u32, u32),
    Pending(u32, i64),
}

fn step() -> impl Strategy<Value = Step> {
    // Few nodes are drawn often, so that copies meet there.
    let node = || prop_oneof![0u32..4, 0u32..NODES];
    prop_oneof![
        (node(), 0u32..SEGMENTS, 0u32..5).prop_map(|(node, segment, rows)| Step::Set(node, segment, rows)),
        (node(), 0u32..SEGMENTS).prop_map(|(node, segment)| Step::Remove(node, segment)),
        (node(), -2i64..3).prop_map(|(node, rows)| Step::Pending(node, rows)),
    ]
}

/// The channel of a segment.
fn channel(segment: u32) -> ChannelIndex {
    ChannelIndex(segment % 2)
}

fn view() -> ClusterView {
    let mut view = ClusterView::new(false);
    for _ in 0..NODES {
        view.add_node(NodeView::default());
    }
    let collection = view.add_collection();
    for _ in 0..2 {
        view.add_channel(collection);
    }
    for segment in 0..SEGMENTS {
        view.add_segment(SegmentView::new(collection, channel(segment), 0));
    }
    view
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Ten copies or pending entries are too many for lists, so short runs stay in them and long ones leave.
    #[test]
    fn lists_and_arrays_equal_a_plain_map(steps in prop::collection::vec(step(), 1..60)) {
        let (mut view, collection) = (view(), CollectionIndex(0));
        let mut copies: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut pending: BTreeMap<u32, i64> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Set(node, segment, rows) => {
                    let copy = SegmentCopy { rows, segment: SegmentIndex(segment), version: 1 };
                    view.set_copy(NodeIndex(node), copy);
                    copies.insert((node, segment), rows);
                }
                Step::Remove(node, segment) => {
                    let was_there = view.remove_copy(NodeIndex(node), SegmentIndex(segment));
                    prop_assert_eq!(was_there, copies.remove(&(node, segment)).is_some());
                }
                Step::Pending(node, rows) => {
                    view.shift_pending_rows(collection, NodeIndex(node), rows);
                    *pending.entry(node).or_default() += rows;
                }
            }
            let known = view.collection(collection);
            let mut counts: BTreeMap<(u32, ChannelIndex), u32> = BTreeMap::new();
            for node in 0..NODES {
                let ours = || copies.range((node, 0)..(node + 1, 0));
                ours().for_each(|((_, segment), _)| *counts.entry((node, channel(*segment))).or_default() += 1);
                let mut listed: Vec<(u32, u32)> = ours().map(|((_, segment), rows)| (*rows, *segment)).collect();
                listed.sort_unstable();
                let found = known.copies(NodeIndex(node)).iter().map(|copy| (copy.rows, copy.segment.0));
                prop_assert_eq!(found.collect::<Vec<_>>(), listed);
                let rows: i64 = ours().map(|(_, rows)| i64::from(*rows)).sum();
                let sums = (known.sealed_rows(NodeIndex(node)), view.sealed_rows(NodeIndex(node)));
                prop_assert_eq!(sums, (rows, rows));
                let waiting = pending.get(&node).copied().unwrap_or(0);
                prop_assert_eq!(known.pending_rows(NodeIndex(node)), waiting);
            }
            let bound = known.node_bound();
            prop_assert!(copies.keys().all(|(node, _)| (*node as usize) < bound));
            let mut counted: BTreeMap<(u32, ChannelIndex), u32> = BTreeMap::new();
            for channel in [ChannelIndex(0), ChannelIndex(1)] {
                let pairs: Vec<(NodeIndex, u32)> = view.copy_counts(channel).collect();
                prop_assert!(pairs.is_sorted_by_key(|(node, _)| *node));
                for bound in [2, NODES] {
                    let nodes: Vec<NodeIndex> = (0..bound).map(NodeIndex).collect();
                    let have_all = pairs.iter().all(|(node, _)| node.0 < bound);
                    let is_known = known.few_copies().is_empty();
                    prop_assert_eq!(view.have_all_copies(channel, &nodes), is_known && have_all);
                }
                pairs.iter().for_each(|(node, count)| *counted.entry((node.0, channel)).or_default() += count);
            }
            prop_assert_eq!(counted, counts);
        }
    }
}
