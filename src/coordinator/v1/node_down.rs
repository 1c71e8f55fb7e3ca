//! Recovery of a lost node: its segments are loaded elsewhere, its channels get other leaders.
//!
//! Source: specification section 13.

use super::children::{Child, ChildState, ChildWork};
use super::records::KnownNode;
use super::settings::OFFLINE_POLL_MS;
use super::state::{QueryCoordV1, Running};
use super::turns::next_multiple;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::ReplicaShard;
use crate::model::segment::SegmentState;
use crate::policy::allocate::Filter;
use crate::release::Quirk;

impl QueryCoordV1 {
    /// Plans the children of a recovery.
    pub(super) fn execute_node_down(
        &mut self,
        node: NodeIndex,
        running: &mut Running,
        hearing: Hearing<'_>,
    ) -> Result<(), String> {
        let cluster = hearing.cluster;
        let excluded = [node];
        let filter = Filter { include: &[], exclude: &excluded };
        let floors = self.floors(hearing);
        for collection in cluster.collection_indices() {
            // A node that serves no replica of a collection is passed over with a warning: what it held of
            // that collection stays recorded on it.
            let Some(replica) = cluster.replica_of(collection, node) else { continue };
            let segments = self.records.of_collection_on(cluster, collection, node);
            let is_sealed = |segment: &crate::model::ids::SegmentIndex| {
                cluster.segments().state(*segment) == SegmentState::Sealed
            };
            let segments = segments.filter(is_sealed).collect();
            let replicas = (Some(replica), replica);
            running
                .children
                .extend(self.load_anew(collection, segments, replicas, filter, &floors, hearing)?);
            self.watch_channels(node, replica, running, hearing)?;
        }
        Ok(())
    }

    fn watch_channels(
        &self,
        node: NodeIndex,
        replica: ReplicaIndex,
        running: &mut Running,
        hearing: Hearing<'_>,
    ) -> Result<(), String> {
        let excluded = [node];
        let filter = Filter { include: &[], exclude: &excluded };
        let leaders = hearing.cluster.replica(replica).shard_leaders.iter().enumerate();
        let led: Vec<usize> =
            leaders.filter(|(_, leader)| **leader == Some(node)).map(|(shard, _)| shard).collect();
        if led.is_empty() {
            return Ok(());
        }
        let nodes = self
            .allocate_channels(replica, filter, led.len(), hearing)
            .map_err(|error| error.text().to_owned())?;
        for (shard, leader) in led.into_iter().zip(nodes) {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            running.children.push(Child::new(ChildWork::Watch(shard), leader, Few::from_slice(&excluded)));
        }
        Ok(())
    }

    /// The recovery has ended: the node is forgotten, or tried again at the next poll.
    pub(super) fn end_node_down(
        &mut self,
        node: NodeIndex,
        running: &Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.recovering = None;
        if running.is_well() {
            for child in running.children.iter().filter(|child| child.state == ChildState::Done) {
                if let ChildWork::Watch(shard) = child.work {
                    outcome.order(Order::SetShardLeader { shard, leader: child.node });
                }
            }
            for (position, replica) in hearing.cluster.replicas().iter().enumerate() {
                if replica.is_loaded && replica.has(node) {
                    outcome.order(Order::RemoveReplicaNode { replica: ReplicaIndex::at(position), node });
                }
            }
            self.records.set_node(node, KnownNode::Unknown);
            self.offline.remove(&node);
        } else if !self.release.has(Quirk::RecoveryRetriesUntilDone) {
            self.offline.remove(&node);
        }
        if !self.offline.is_empty() {
            let at = next_multiple(hearing.now, OFFLINE_POLL_MS);
            outcome.order(Order::TurnAt { turn: Turn::OfflinePoll, at });
        }
    }
}
