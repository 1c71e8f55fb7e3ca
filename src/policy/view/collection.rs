//! What is known of one collection, node by node: rows, copies, channels, delegators, pending tasks.

use super::columns::Doubts;
use super::copy_lists::CopyLists;
use super::few_copies::FewCopies;
use super::segment::SegmentCopy;
use super::small_counts::SmallCounts;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use std::collections::BTreeMap;

/// A channel in a node's last report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelCopy {
    /// The channel.
    pub channel: ChannelIndex,
    /// Version: rises with the time of its subscription.
    pub version: u64,
}

/// A delegator's view in a node's last report (up to 2.5 filed apart from channels as "leader view").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegatorView {
    /// Its channel.
    pub channel: ChannelIndex,
    /// Rows of its growing segments.
    pub growing_rows: i64,
    /// Whether it can answer queries.
    pub is_serviceable: bool,
}

/// So many nodes for each copy or pending entry, and a collection keeps what it has in lists.
const NODES_PER_ENTRY: usize = 4;

/// One collection.
///
/// Where it has something on most nodes, there is an entry per node in arrays (a node beyond their end has
/// nothing). Where it has far fewer copies, or pending rows on far fewer nodes, than there are nodes, it keeps a
/// list of them, until that grows too long.
#[derive(Debug, Clone, Default)]
pub struct CollectionView {
    /// Channels of the current target, ascending; `None` = no current target.
    pub current_channels: Option<Vec<ChannelIndex>>,
    /// Channels of the next target, ascending; `None` = no next target.
    pub next_channels: Option<Vec<ChannelIndex>>,
    /// Its replicas, ascending.
    pub(super) replicas: Vec<ReplicaIndex>,
    /// Move tasks of its segments in the scheduler (gate of 2.4.18 to 2.5.12, section 8.0).
    pub pending_segment_moves: u32,
    /// Move tasks of its channels in the scheduler.
    pub pending_channel_moves: u32,
    /// See [`super::ClusterView::structure_stamp`].
    pub(super) structure: u64,
    /// Whether the arrays of copies are in use, not the list `few_copies`.
    is_spread: bool,
    few_copies: FewCopies,
    /// Pending rows that are not 0, ascending by node, as long as the array of them is not in use.
    few_pending: Vec<(NodeIndex, i64)>,
    pub(super) sealed_rows: Vec<i64>,
    pub(super) pending_rows: Vec<i64>,
    pub(super) pending_channels: BTreeMap<NodeIndex, i64>,
    pub(super) copies: CopyLists,
    pub(super) smallest: Vec<u32>,
    pub(super) doubts: Doubts,
    /// By channel: copies of its segments, by node.
    pub(super) copy_counts: BTreeMap<ChannelIndex, SmallCounts>,
    /// Entries of all lists in `channels`.
    pub(super) channel_entries: usize,
    pub(super) channels: BTreeMap<NodeIndex, Vec<ChannelCopy>>,
    /// Few nodes have channels: these are kept by node, where there are any.
    pub(super) delegators: BTreeMap<NodeIndex, Vec<DelegatorView>>,
}

impl CollectionView {
    /// Its replicas, ascending.
    pub fn replicas(&self) -> &[ReplicaIndex] {
        &self.replicas
    }

    /// `Rc(n)`: rows of its sealed segments on `node`.
    pub fn sealed_rows(&self, node: NodeIndex) -> i64 {
        if self.few_copies.is_empty() { at(&self.sealed_rows, node) } else { self.few_copies.rows(node) }
    }

    /// `Gc(n)`: growing rows of its delegators on `node`.
    pub fn growing_rows(&self, node: NodeIndex) -> i64 {
        self.delegators(node).iter().map(|delegator| delegator.growing_rows).sum()
    }

    /// Pending rows of it on `node`.
    pub fn pending_rows(&self, node: NodeIndex) -> i64 {
        if self.few_pending.is_empty() {
            return at(&self.pending_rows, node);
        }
        let found = self.few_pending.binary_search_by_key(&node, |(node, _)| *node);
        found.map_or(0, |place| self.few_pending[place].1)
    }

    /// Pending channels of it on `node`.
    pub fn pending_channels(&self, node: NodeIndex) -> i64 {
        self.pending_channels.get(&node).copied().unwrap_or(0)
    }

    /// Its copies on `node`, ascending by rows, then by segment.
    pub fn copies(&self, node: NodeIndex) -> &[SegmentCopy] {
        if self.few_copies.is_empty() {
            return self.copies.on(node);
        }
        self.few_copies.on(node)
    }

    /// The copies that are kept in a list; none where they are kept by node.
    pub(super) fn few_copies(&self) -> &FewCopies {
        &self.few_copies
    }

    /// How many channels all nodes together have of it.
    pub fn channel_entries(&self) -> usize {
        self.channel_entries
    }

    /// Its channels on `node`, ascending: the order of the report (section 14).
    pub fn channels(&self, node: NodeIndex) -> &[ChannelCopy] {
        self.channels.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Its delegators on `node`, ascending by channel.
    pub fn delegators(&self, node: NodeIndex) -> &[DelegatorView] {
        self.delegators.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The nodes that have delegators of it, ascending, with their growing rows.
    pub fn growing_lists(&self) -> impl Iterator<Item = (NodeIndex, i64)> + '_ {
        self.delegators.keys().map(|node| (*node, self.growing_rows(*node)))
    }

    /// Nodes and rows of copies and pending tasks that are kept in lists, not in columns.
    pub fn rows_in_lists(&self) -> impl Iterator<Item = (NodeIndex, i64)> + '_ {
        let copies = self.few_copies.iter().map(|(node, copy)| (node, copy.row_count()));
        copies.chain(self.few_pending.iter().copied())
    }

    /// The nodes that had delegators of it, ascending, with them.
    pub fn delegator_lists(&self) -> impl Iterator<Item = (NodeIndex, &[DelegatorView])> + '_ {
        self.delegators.iter().map(|(node, delegators)| (*node, delegators.as_slice()))
    }

    /// Whether it has channels, and every delegator of them can answer queries.
    pub fn is_served(&self) -> bool {
        let mut delegators = self.delegators.values().flatten();
        self.channel_entries > 0 && delegators.all(|delegator| delegator.is_serviceable)
    }

    /// Nodes from which on it certainly has nothing.
    pub fn node_bound(&self) -> usize {
        let last = [self.channels.keys().next_back(), self.delegators.keys().next_back()];
        let beyond = last.into_iter().flatten().map(|node| node.position() + 1).max().unwrap_or(0);
        let last_listed = self.few_copies.last_node().map_or(0, |node| node.position() + 1);
        self.copies.node_bound().max(last_listed).max(beyond)
    }

    /// The nodes that have channels of it, ascending, with them.
    pub fn channel_lists(&self) -> impl Iterator<Item = (NodeIndex, &[ChannelCopy])> + '_ {
        self.channels.iter().map(|(node, channels)| (*node, channels.as_slice()))
    }
}

impl CollectionView {
    /// A copy is there; `nodes` = how many nodes there are.
    pub(super) fn insert_copy(
        &mut self,
        node: NodeIndex,
        copy: SegmentCopy,
        nodes: usize,
        channel_of: impl Fn(SegmentIndex) -> ChannelIndex,
    ) {
        if !self.is_spread && (self.few_copies.len() + 1) * NODES_PER_ENTRY < nodes {
            self.few_copies.insert(node, copy);
            return;
        }
        self.spread(nodes, &channel_of);
        self.list_copy(node, copy, channel_of(copy.segment));
    }

    fn list_copy(&mut self, node: NodeIndex, copy: SegmentCopy, channel: ChannelIndex) {
        self.copy_counts.entry(channel).or_default().shift(node, 1);
        self.copies.insert(node, copy);
        *grown(&mut self.sealed_rows, node) += copy.row_count();
        self.follow_smallest(node);
    }

    /// From the list of copies to the arrays, for good.
    fn spread(&mut self, nodes: usize, channel_of: impl Fn(SegmentIndex) -> ChannelIndex) {
        if std::mem::replace(&mut self.is_spread, true) {
            return;
        }
        self.sealed_rows.reserve_exact(nodes);
        self.smallest.reserve_exact(nodes);
        self.copies.reserve(nodes);
        for (node, copy) in std::mem::take(&mut self.few_copies).iter() {
            self.list_copy(node, copy, channel_of(copy.segment));
        }
    }

    /// A copy that is there is gone; its rows.
    pub(super) fn take_copy(&mut self, node: NodeIndex, channel: ChannelIndex, segment: SegmentIndex) -> i64 {
        let place = self.copies(node).iter().position(|copy| copy.segment == segment);
        let place = place.expect("every holder has the copy in its list");
        if !self.is_spread {
            return self.few_copies.remove(node, place).row_count();
        }
        self.copy_counts.entry(channel).or_default().shift(node, -1);
        let rows = self.copies.remove(node, place).row_count();
        *grown(&mut self.sealed_rows, node) -= rows;
        self.follow_smallest(node);
        rows
    }

    /// So many pending rows more (or fewer); `nodes` = how many nodes there are.
    pub(super) fn shift_pending(&mut self, node: NodeIndex, rows: i64, nodes: usize) {
        if self.pending_rows.is_empty() && (self.few_pending.len() + 1) * NODES_PER_ENTRY < nodes {
            match self.few_pending.binary_search_by_key(&node, |(node, _)| *node) {
                Ok(place) => {
                    self.few_pending[place].1 += rows;
                    if self.few_pending[place].1 == 0 {
                        self.few_pending.remove(place);
                    }
                }
                Err(place) if rows != 0 => self.few_pending.insert(place, (node, rows)),
                Err(_) => {}
            }
            return;
        }
        for (node, rows) in std::mem::take(&mut self.few_pending) {
            *grown(&mut self.pending_rows, node) += rows;
        }
        *grown(&mut self.pending_rows, node) += rows;
    }
}

/// An array by node that is full gets room for this part of its entries more.
const GROWTH: usize = 16;

/// The entry of `node`, made if it is beyond the end.
pub(super) fn grown<T: Default>(entries: &mut Vec<T>, node: NodeIndex) -> &mut T {
    grown_by(entries, node, T::default)
}

/// The entry of `node`; if it is beyond the end, it and those before it are made so.
pub(super) fn grown_by<T>(entries: &mut Vec<T>, node: NodeIndex, make: impl FnMut() -> T) -> &mut T {
    let count = node.position() + 1;
    if entries.capacity() < count {
        // Nodes come one by one, and a large cluster has a million entries: twice as much room would be wasted.
        entries.reserve_exact(count + count / GROWTH - entries.len());
    }
    if entries.len() < count {
        entries.resize_with(count, make);
    }
    &mut entries[node.position()]
}

fn at(values: &[i64], node: NodeIndex) -> i64 {
    values.get(node.position()).copied().unwrap_or(0)
}
