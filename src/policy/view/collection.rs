//! What is known of one collection, node by node: rows, copies, channels, delegators, pending tasks.

use super::segment::SegmentCopy;
use crate::model::ids::{ChannelIndex, NodeIndex};
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
}

/// One collection. Arrays by node: a node beyond their end has nothing.
#[derive(Debug, Clone, Default)]
pub struct CollectionView {
    /// Channels of the current target, ascending; `None` = no current target.
    pub current_channels: Option<Vec<ChannelIndex>>,
    /// Channels of the next target, ascending; `None` = no next target.
    pub next_channels: Option<Vec<ChannelIndex>>,
    /// Move tasks of its segments in the scheduler (gate of 2.4.18 to 2.5.12, section 8.0).
    pub pending_segment_moves: u32,
    /// Move tasks of its channels in the scheduler.
    pub pending_channel_moves: u32,
    /// See [`super::ClusterView::structure_stamp`].
    pub(super) structure: u64,
    pub(super) sealed_rows: Vec<i64>,
    pub(super) pending_rows: Vec<i64>,
    pub(super) pending_channels: BTreeMap<NodeIndex, i64>,
    pub(super) copies: Vec<Vec<SegmentCopy>>,
    /// By channel: copies of its segments, by node.
    pub(super) copy_counts: BTreeMap<ChannelIndex, Vec<u32>>,
    /// Entries of all lists in `channels`.
    pub(super) channel_entries: usize,
    pub(super) channels: BTreeMap<NodeIndex, Vec<ChannelCopy>>,
    /// Few nodes have channels: these are kept by node, where there are any.
    pub(super) delegators: BTreeMap<NodeIndex, Vec<DelegatorView>>,
}

impl CollectionView {
    /// `Rc(n)`: rows of its sealed segments on `node`.
    pub fn sealed_rows(&self, node: NodeIndex) -> i64 {
        at(&self.sealed_rows, node)
    }

    /// `Gc(n)`: growing rows of its delegators on `node`.
    pub fn growing_rows(&self, node: NodeIndex) -> i64 {
        self.delegators(node).iter().map(|delegator| delegator.growing_rows).sum()
    }

    /// Pending rows of it on `node`.
    pub fn pending_rows(&self, node: NodeIndex) -> i64 {
        at(&self.pending_rows, node)
    }

    /// Pending channels of it on `node`.
    pub fn pending_channels(&self, node: NodeIndex) -> i64 {
        self.pending_channels.get(&node).copied().unwrap_or(0)
    }

    /// Its copies on `node`, ascending by rows, then by segment.
    pub fn copies(&self, node: NodeIndex) -> &[SegmentCopy] {
        self.copies.get(node.position()).map_or(&[], Vec::as_slice)
    }

    /// How many copies of segments of `channel` each node has; a node beyond the end has none.
    pub fn copy_counts(&self, channel: ChannelIndex) -> &[u32] {
        self.copy_counts.get(&channel).map_or(&[], Vec::as_slice)
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

    /// Nodes from which on it certainly has nothing.
    pub fn node_bound(&self) -> usize {
        let last = [self.channels.keys().next_back(), self.delegators.keys().next_back()];
        let beyond = last.into_iter().flatten().map(|node| node.position() + 1).max().unwrap_or(0);
        self.copies.len().max(beyond)
    }

    /// The nodes that have channels of it, ascending, with them.
    pub fn channel_lists(&self) -> impl Iterator<Item = (NodeIndex, &[ChannelCopy])> + '_ {
        self.channels.iter().map(|(node, channels)| (*node, channels.as_slice()))
    }
}

fn at(values: &[i64], node: NodeIndex) -> i64 {
    values.get(node.position()).copied().unwrap_or(0)
}
