//! Which channels nodes hold above the average number, and which nodes may take them (section 8.1).

use super::balance_policy::{Ask, ChannelToAssign};
use super::reason::{Reason, ReasonCode};
use super::view::collection::ChannelCopy;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};

/// Channels to give away, and the nodes at or below average.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelSurplus {
    /// What is given, node by node.
    pub channels: Vec<ChannelToAssign>,
    /// Who may receive.
    pub receivers: Vec<NodeIndex>,
}

impl ChannelSurplus {
    /// The surplus over the average of `total` channels on `nodes`; a node's channels of the collection
    /// beyond its first `average` are given. Empty when nobody can receive.
    pub fn over_average(
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        total: usize,
    ) -> ChannelSurplus {
        let mut surplus = ChannelSurplus::default();
        if total == 0 || nodes.is_empty() {
            return surplus;
        }
        let average = total.div_ceil(nodes.len());
        for node in nodes {
            let channels = wal_located_last(ask, collection, *node);
            let count = channels.len();
            if ask.witness.at_most(None, count as f64, average as f64) {
                let code = ReasonCode::NodeUnderQuota;
                ask.declined.add(Reason::compared(code, None, count as f64, average as f64));
                surplus.receivers.push(*node);
            } else {
                let given = channels.into_iter().skip(average);
                surplus
                    .channels
                    .extend(given.map(|copy| ChannelToAssign { channel: copy.channel, node: Some(*node) }));
            }
        }
        if surplus.receivers.is_empty() {
            surplus.channels.clear();
        }
        surplus
    }
}

/// How many channels of the collection its replica serves, by the last reports.
pub fn channels_of_replica(ask: &Ask<'_>, replica: ReplicaIndex) -> usize {
    let members = ask.view.replica(replica);
    count_channels(ask, members.collection, |node| members.has_any(node))
}

/// How many channels of the collection any node serves, by the last reports.
pub fn channels_of_collection(ask: &Ask<'_>, collection: CollectionIndex) -> usize {
    count_channels(ask, collection, |_| true)
}

fn count_channels(ask: &Ask<'_>, collection: CollectionIndex, counts: impl Fn(NodeIndex) -> bool) -> usize {
    let collection = ask.view.collection(collection);
    collection.channel_lists().filter(|(node, _)| counts(*node)).map(|(_, channels)| channels.len()).sum()
}

/// The channels of `collection` on `node` in the order of the report; with streaming on those whose
/// write-ahead log is there come last.
pub fn wal_located_last(ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> Vec<ChannelCopy> {
    let mut channels = ask.view.collection(collection).channels(node).to_vec();
    if ask.view.is_streaming() {
        channels.sort_by_key(|copy| ask.view.wal_node(copy.channel) == Some(node));
    }
    channels
}
