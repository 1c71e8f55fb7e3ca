//! Choosing nodes for requests and channels among the nodes that the coordinator thinks are online.

use super::records::KnownNode;
use super::state::QueryCoordV1;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::query_node::NodeMemory;
use crate::policy::allocate::{AllocateError, Filter, allocate_by_count, allocate_by_memory};
use crate::policy::witness::Unwitnessed;

impl QueryCoordV1 {
    /// Memory figures of a node, if it is online and answers.
    pub(super) fn memory_of(&self, node: NodeIndex, hearing: Hearing<'_>) -> Option<NodeMemory> {
        if self.records.node(node) == KnownNode::Online { hearing.nodes.memory(node) } else { None }
    }

    /// Online nodes of a replica in stored order; of the cluster, ascending, where no replica is given.
    fn online_in(
        &self,
        replica: Option<ReplicaIndex>,
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, AllocateError> {
        let Some(replica) = replica else { return Ok(self.records.online_nodes()) };
        let replica = hearing.cluster.replica(replica);
        if !replica.is_loaded {
            return Err(AllocateError::ReplicaNotFound);
        }
        let nodes = replica.nodes().iter().copied();
        Ok(nodes.filter(|node| self.records.node(*node) == KnownNode::Online).collect())
    }

    /// Nodes for load requests of `sizes` bytes.
    pub(super) fn allocate_segments(
        &self,
        replica: Option<ReplicaIndex>,
        filter: Filter<'_>,
        sizes: &[u64],
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, AllocateError> {
        let online = self.online_in(replica, hearing)?;
        let mut memory_of = |node| self.memory_of(node, hearing);
        let threshold = self.settings.thresholds().overloaded;
        allocate_by_memory(&online, filter, &mut memory_of, sizes, threshold, &mut Unwitnessed)
    }

    /// A node for each of `channels` channels.
    pub(super) fn allocate_channels(
        &self,
        replica: ReplicaIndex,
        filter: Filter<'_>,
        channels: usize,
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, AllocateError> {
        let online = self.online_in(Some(replica), hearing)?;
        let count_of = |node: NodeIndex| u64::from(hearing.cluster.node(node).channels);
        allocate_by_count(&online, filter, &count_of, channels)
    }
}
