//! Choosing nodes for requests and channels among the nodes that the coordinator thinks are online.

use super::records::KnownNode;
use super::state::QueryCoordV1;
use crate::coordinator::hearing::Hearing;
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::query_node::NodeMemory;
use crate::policy::allocate::{AllocateError, FEW, Filter, allocate_by_memory, allocate_few_by_memory};
use crate::policy::allocate_channels::allocate_by_count;
use crate::policy::witness::Witness;
use smallvec::smallvec;

/// By node a rate that is at most its own, infinite where it is not online or does not answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Floors {
    rates: Vec<f64>,
}

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
        Ok(replica.nodes().filter(|node| self.records.node(*node) == KnownNode::Online).collect())
    }

    /// The same, or of these the only one that may be used: a move that names its node asks nobody else.
    fn candidates(
        &self,
        replica: Option<ReplicaIndex>,
        filter: Filter<'_>,
        hearing: Hearing<'_>,
    ) -> Result<Few<NodeIndex>, AllocateError> {
        if let ([only], Some(known)) =
            (filter.include, replica.map(|replica| hearing.cluster.replica(replica)))
            && known.is_loaded
            && known.has(*only)
            && self.records.node(*only) == KnownNode::Online
        {
            return Ok(smallvec![*only]);
        }
        self.online_in(replica, hearing).map(Few::from_vec)
    }

    /// Nodes for load requests of `sizes` bytes.
    pub(super) fn allocate_segments(
        &self,
        replica: Option<ReplicaIndex>,
        filter: Filter<'_>,
        sizes: &[u64],
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, AllocateError> {
        let is_short = replica.is_some() && filter.include.is_empty() && sizes.len() <= FEW;
        let floors = if is_short { self.floors(hearing) } else { Floors::default() };
        self.allocate_segments_above(&floors, replica, filter, sizes, hearing)
    }

    /// The same for a turn that asks many times: `floors` are those of this turn.
    pub(super) fn allocate_segments_above(
        &self,
        floors: &Floors,
        replica: Option<ReplicaIndex>,
        filter: Filter<'_>,
        sizes: &[u64],
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, AllocateError> {
        if sizes.is_empty() && replica.is_none_or(|replica| hearing.cluster.replica(replica).is_loaded) {
            return Ok(Vec::new());
        }
        let threshold = self.settings.thresholds().overloaded;
        if let Some(replica) = replica.map(|replica| hearing.cluster.replica(replica))
            && (1..=FEW).contains(&sizes.len())
            && !floors.rates.is_empty()
            && replica.is_loaded
            && !self.watch.wants_every_comparison()
        {
            let memory_of = |node| self.memory_of(node, hearing);
            let rates = &floors.rates;
            let few = allocate_few_by_memory(replica.nodes(), filter, rates, &memory_of, sizes, threshold);
            if let Some(few) = few {
                return Ok(few);
            }
        }
        let online = self.candidates(replica, filter, hearing)?;
        let mut memory_of = |node| self.memory_of(node, hearing);
        allocate_by_memory(&online, filter, &mut memory_of, sizes, threshold, &mut self.watch.clone())
    }

    /// Rates of all nodes that are not above their own.
    pub(super) fn floors(&self, hearing: Hearing<'_>) -> Floors {
        let asked = |node: NodeIndex| {
            hearing.nodes.memory_at_least(node).map_or(f64::INFINITY, |memory| {
                if memory.total_bytes == 0 {
                    f64::NAN
                } else {
                    memory.used_bytes as f64 / memory.total_bytes as f64
                }
            })
        };
        let mut rates = hearing.nodes.least_rates().unwrap_or_default();
        rates.resize(hearing.cluster.nodes().len(), f64::NEG_INFINITY);
        for (node, rate) in hearing.cluster.node_indices().zip(&mut rates) {
            if self.records.node(node) != KnownNode::Online {
                *rate = f64::INFINITY;
            } else if *rate == f64::NEG_INFINITY {
                *rate = asked(node);
            }
        }
        Floors { rates }
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
