//! Balance tasks, manual and automatic: validation and planning of their children.
//!
//! Source: `internal/querycoord/task.go` (`loadBalanceTask`) of the 2.0 and 2.1 lines; specification
//! sections 9.4, 9.5 and 10 (E1 to E15 are its numbers).

use super::allocation::Floors;
use super::children::{Child, ChildWork};
use super::records::KnownNode;
use super::state::QueryCoordV1;
use super::trigger_queue::BalanceTask;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{LoadItem, MoveNumber, Order, Outcome};
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::segment::SegmentState;
use crate::policy::allocate::Filter;
use crate::release::Quirk;
use smallvec::smallvec;

/// Segments that one load request carries at most. Milvus stops merging at 200,000 serialized bytes; the
/// size of a segment's entry (binlog paths) is not part of a scenario, and 1,000 bytes are our assumption.
pub const SEGMENTS_PER_REQUEST: usize = 200;

impl QueryCoordV1 {
    /// Validates a balance task: the replica it works in (`None` in 2.0), or Milvus's error.
    pub(super) fn validate(
        &self,
        task: &BalanceTask,
        hearing: Hearing<'_>,
    ) -> Result<Option<ReplicaIndex>, String> {
        if !self.release.has(Quirk::LoadBalanceNamesCollection) {
            return if task.sources.is_empty() {
                Err("loadBalanceTask: empty source Node list to balance".to_owned())
            } else {
                Ok(None)
            };
        }
        let collection = self.collection_of(task, hearing)?;
        let mut replica = None;
        for (is_source, id) in
            task.sources.iter().map(|id| (true, id)).chain(task.destinations.iter().map(|id| (false, id)))
        {
            if !is_source && replica.is_none() {
                return Err("source nodes is empty".to_owned());
            }
            let node = hearing.cluster.find_node(*id);
            let found = node.and_then(|node| hearing.cluster.replica_of(collection, node));
            let Some(found) = found else {
                let collection_id = hearing.cluster.collection(collection).id;
                return Err(format!("unable to find replicas of collection {collection_id} and node {id}"));
            };
            if *replica.get_or_insert(found) != found {
                return Err("source nodes and destination nodes must be in the same replica group".to_owned());
            }
        }
        replica.map(Some).ok_or_else(|| "source nodes is empty".to_owned())
    }

    fn collection_of(&self, task: &BalanceTask, hearing: Hearing<'_>) -> Result<CollectionIndex, String> {
        let segments = hearing.cluster.segments();
        let mut collection = task.collection;
        for id in &task.segments {
            let known = segments.find(*id).filter(|segment| self.records.knows(*segment));
            let Some(segment) = known else {
                return Err("getSegmentInfoByID: can't find segmentID in segmentInfos".to_owned());
            };
            let its_own = segments.collection(segment);
            if *collection.get_or_insert(its_own) != its_own {
                return Err("segments of a load balance task do not belong to the same collection".to_owned());
            }
        }
        collection.ok_or_else(|| {
            "a load balance task has to specify a collectionID or pass segments of a collection".to_owned()
        })
    }

    /// Plans the children of a balance task that is valid.
    pub(super) fn execute_balance(
        &mut self,
        task: &BalanceTask,
        replica: Option<ReplicaIndex>,
        children: &mut Vec<Child>,
        open_moves: &mut Vec<MoveNumber>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        let cluster = hearing.cluster;
        let sources = self.sources_of(task, hearing)?;
        let segments = self.segments_to_move(task, &sources, hearing)?;
        let destinations: Few<NodeIndex> =
            task.destinations.iter().filter_map(|id| cluster.find_node(*id)).collect();
        if destinations.is_empty() && !task.destinations.is_empty() && !segments.is_empty() {
            return Err("no available queryNode to allocate".to_owned());
        }
        let sizes: Few<u64> = segments.iter().map(|segment| cluster.segments().log_bytes(*segment)).collect();
        let filter = Filter { include: &destinations, exclude: &sources };
        let nodes = self.allocate_segments(replica, filter, &sizes, hearing).map_err(|error| error.text())?;
        let mut requests: Few<(CollectionIndex, NodeIndex, LoadItem)> = Few::with_capacity(segments.len());
        for (segment, node) in segments.into_iter().zip(nodes) {
            let number = task.planned.unwrap_or_else(|| {
                let number = self.next_move();
                open_moves.push(number);
                let from = sources.iter().copied().find(|source| self.records.is_on(segment, *source));
                outcome.order(Order::Plan {
                    number,
                    segment,
                    replica,
                    from: from.unwrap_or(sources[0]),
                    to: node,
                    cause: task.cause,
                    reason: task.reason,
                });
                number
            });
            let item = LoadItem { segment, number: Some(number) };
            requests.push((cluster.segments().collection(segment), node, item));
        }
        // Stable, as chance R11 says.
        requests.sort_by_key(|(collection, node, _)| (*collection, *node));
        for mut child in merge(requests, replica, &sources) {
            child.cause = Some((task.cause, task.reason));
            children.push(child);
        }
        Ok(())
    }

    fn sources_of(&self, task: &BalanceTask, hearing: Hearing<'_>) -> Result<Few<NodeIndex>, String> {
        let find = |id: &i64| {
            let node = hearing.cluster.find_node(*id);
            node.filter(|node| self.records.node(*node) != KnownNode::Unknown)
                .ok_or_else(|| format!("loadBalanceTask: query node {id} is not exist to balance"))
        };
        task.sources.iter().map(find).collect()
    }

    /// The segments to move, grouped by collection and partition; compacted ones are skipped in silence.
    fn segments_to_move(
        &self,
        task: &BalanceTask,
        sources: &[NodeIndex],
        hearing: Hearing<'_>,
    ) -> Result<Few<SegmentIndex>, String> {
        let cluster = hearing.cluster;
        let mut segments: Few<SegmentIndex> = Few::new();
        if task.segments.is_empty() {
            // Every collection's segments, not only the named one's (quirk Q9).
            segments.extend(sources.iter().flat_map(|source| self.records.all_on(cluster, *source)));
        }
        for id in &task.segments {
            let listed = cluster.segments().find(*id);
            let is_there =
                |segment: &SegmentIndex| sources.iter().any(|source| self.records.is_on(*segment, *source));
            segments.push(
                listed.filter(is_there).ok_or_else(|| format!("loadBalanceTask: unloaded segment {id}"))?,
            );
        }
        segments.sort_by_key(|segment| {
            (cluster.segments().collection(*segment), cluster.segments().partition(*segment))
        });
        for segment in &segments {
            if cluster.collection(cluster.segments().collection(*segment)).replicas.is_empty() {
                return Err("collection not found, maybe not loaded".to_owned());
            }
        }
        segments.retain(|segment| cluster.segments().state(*segment) == SegmentState::Sealed);
        Ok(segments)
    }
}

impl QueryCoordV1 {
    /// Children that load segments of one collection anew: for the replica `replicas.1`, on nodes chosen in
    /// `replicas.0` (`None` = in the whole cluster). `floors` are those of this turn.
    pub(super) fn load_anew(
        &self,
        collection: CollectionIndex,
        mut segments: Vec<SegmentIndex>,
        replicas: (Option<ReplicaIndex>, ReplicaIndex),
        filter: Filter<'_>,
        floors: &Floors,
        hearing: Hearing<'_>,
    ) -> Result<Vec<Child>, String> {
        let known = hearing.cluster.segments();
        segments.sort_by_key(|segment| known.partition(*segment));
        let sizes: Vec<u64> = segments.iter().map(|segment| known.log_bytes(*segment)).collect();
        let nodes = self
            .allocate_segments_above(floors, replicas.0, filter, &sizes, hearing)
            .map_err(|error| error.text())?;
        let items = segments.into_iter().map(|segment| LoadItem { segment, number: None });
        let mut requests: Few<_> =
            nodes.into_iter().zip(items).map(|(node, item)| (collection, node, item)).collect();
        requests.sort_by_key(|(_, node, _)| *node);
        Ok(merge(requests, Some(replicas.1), filter.exclude))
    }
}

/// Merges neighbouring requests of one collection to one node into children.
fn merge(
    requests: Few<(CollectionIndex, NodeIndex, LoadItem)>,
    replica: Option<ReplicaIndex>,
    excluded: &[NodeIndex],
) -> Vec<Child> {
    let mut children: Vec<Child> = Vec::new();
    let mut last: Option<(CollectionIndex, NodeIndex)> = None;
    for (collection, node, item) in requests {
        match children.last_mut().map(|child| &mut child.work) {
            Some(ChildWork::Load { items, .. })
                if last == Some((collection, node)) && items.len() < SEGMENTS_PER_REQUEST =>
            {
                items.push(item);
            }
            _ => {
                let work = ChildWork::Load { items: smallvec![item], replica };
                children.push(Child::new(work, node, excluded.into()));
                last = Some((collection, node));
            }
        }
    }
    children
}
