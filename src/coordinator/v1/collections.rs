//! Loading and releasing a collection.
//!
//! Source: specification sections 11.1, 14.1 and 20.3.

use super::allocation::Floors;
use super::children::{Child, ChildState, ChildWork};
use super::records::KnownNode;
use super::state::{QueryCoordV1, Running};
use super::trigger_queue::TaskKind;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::collection::Collection;
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex};
use crate::model::replica::ReplicaShard;
use crate::policy::allocate::Filter;
use crate::policy::create_replicas::{assign_nodes, free_bytes};

impl QueryCoordV1 {
    /// Plans the load of a collection. `None` = its replicas have been ordered; the next pass goes on, with
    /// `creates` then `None` too.
    pub(super) fn execute_load(
        &mut self,
        collection: CollectionIndex,
        creates: Option<usize>,
        running: &mut Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Option<Result<(), String>> {
        let loaded = &hearing.cluster.collection(collection).replicas;
        if let Some(replicas) = creates {
            if !loaded.is_empty() {
                return Some(Ok(()));
            }
            return match self.groups_for(collection, replicas, hearing) {
                Ok(groups) => {
                    let replicas = groups.into_iter().map(|nodes| (ResourceGroupIndex(0), nodes)).collect();
                    outcome.order(Order::CreateReplicas { collection, replicas });
                    outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at: hearing.now });
                    if let TaskKind::LoadCollection { is_under_way, .. } = &mut running.task.kind {
                        *is_under_way = true;
                    }
                    None
                }
                Err(error) => Some(Err(error)),
            };
        }
        let planned = loaded
            .clone()
            .into_iter()
            .try_for_each(|replica| self.load_replica(collection, replica, running, hearing));
        if planned.is_ok()
            && let Some(request) = running.task.request.take()
        {
            outcome.order(Order::Answer { request, result: Ok(()) });
        }
        Some(planned)
    }

    fn groups_for(
        &self,
        collection: CollectionIndex,
        replicas: usize,
        hearing: Hearing<'_>,
    ) -> Result<Vec<Vec<NodeIndex>>, String> {
        let cluster = hearing.cluster;
        let online = self.records.online_nodes();
        let answers: Vec<(NodeIndex, u64)> = online
            .iter()
            .filter_map(|node| Some((*node, free_bytes(self.memory_of(*node, hearing)?))))
            .collect();
        let segments = cluster.collection(collection).segments.iter();
        let bytes = segments.map(|segment| cluster.segments().log_bytes(*segment)).sum();
        assign_nodes(online.len(), &answers, replicas, bytes).map_err(|error| error.0)
    }

    fn load_replica(
        &mut self,
        collection: CollectionIndex,
        replica: ReplicaIndex,
        running: &mut Running,
        hearing: Hearing<'_>,
    ) -> Result<(), String> {
        let cluster = hearing.cluster;
        let members: Vec<NodeIndex> = cluster.replica(replica).nodes().collect();
        let filter = Filter { include: &members, exclude: &[] };
        let segments = cluster.collection(collection).segments.clone();
        running.children.extend(self.load_anew(
            collection,
            segments,
            (None, replica),
            filter,
            &Floors::default(),
            hearing,
        )?);
        let shards = cluster.collection(collection).channels.len();
        let leaders =
            self.allocate_channels(replica, filter, shards, hearing).map_err(|error| error.text())?;
        for (shard, leader) in leaders.into_iter().enumerate() {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            running.children.push(Child::new(ChildWork::Watch(shard), leader, Few::new()));
        }
        Ok(())
    }

    /// The load has ended: its channels serve, or everything is taken back.
    pub(super) fn end_load(
        &mut self,
        collection: CollectionIndex,
        running: &Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if running.is_well() {
            for child in running.children.iter().filter(|child| child.state == ChildState::Done) {
                if let ChildWork::Watch(shard) = child.work {
                    outcome.order(Order::SetShardLeader { shard, leader: child.node });
                }
            }
        } else {
            self.execute_release(collection, hearing, outcome);
        }
    }

    /// Releases a collection; one that is not loaded is released already.
    pub(super) fn execute_release(
        &mut self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let cluster = hearing.cluster;
        let Collection { segments, compacted, .. } = cluster.collection(collection);
        for segment in segments.iter().chain(compacted).copied() {
            let recorded: Vec<NodeIndex> = self.records.nodes_of(segment).collect();
            for node in recorded {
                self.records.displace(segment, node);
            }
            for node in cluster.segments().copies().of(segment) {
                if self.records.node(node) == KnownNode::Online {
                    outcome.order(Order::Release { node, segment });
                }
            }
        }
        for replica in &cluster.collection(collection).replicas {
            outcome.order(Order::DropReplica(*replica));
        }
    }
}
