//! Shard leaders: which holder of a channel leads it in a replica (section 10.4).

use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};
use crate::model::replica::ReplicaShard;

impl QueryCoordV2 {
    /// The leader of a channel in a replica as the reports have it: its holder of the newest version.
    pub(super) fn leader_of(&self, replica: ReplicaIndex, channel: ChannelIndex) -> Option<NodeIndex> {
        let members = self.view.replica(replica);
        let holders = self.view.channel_holders(channel);
        if let [only] = *holders {
            return members.has_any(only).then_some(only);
        }
        let collection = self.view.collection(members.collection);
        let members = holders.iter().copied().filter(|node| members.has_any(*node));
        // No two subscriptions have the same version.
        members.max_by_key(|node| {
            let copies = collection.channels(*node).iter();
            copies.filter(|copy| copy.channel == channel).map(|copy| copy.version).max()
        })
    }

    /// Queries of a collection go to the leaders that the reports name. What an old leader has reported stays in
    /// the picture until its own next report.
    pub(super) fn elect_leaders(
        &mut self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let known = hearing.cluster.collection(collection);
        for replica in &known.replicas {
            for (shard, channel) in known.channels.iter().enumerate() {
                let Some(leader) = self.leader_of(*replica, *channel) else { continue };
                if hearing.cluster.replica(*replica).shard_leaders[shard] != Some(leader) {
                    self.catch_up(hearing);
                    self.note_lead(leader, hearing.now);
                    let shard =
                        ReplicaShard { replica: *replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
                    outcome.order(Order::SetShardLeader { shard, leader });
                }
            }
        }
    }
}
