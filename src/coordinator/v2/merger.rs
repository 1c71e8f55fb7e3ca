//! Loads of one node that wait for one another, to go there by one request (section 5.2, 2.2 and 2.3.0).
//!
//! Source: `internal/querycoordv2/task/merger.go` of those releases, and recordings of 2.2.16: 25 loads of
//! one node and shard left together half a second after their pass, most rows first, as 8, 8, 8 and 1.

use super::state::QueryCoordV2;
use super::tasks::{Progress, Subject, TaskId};
use super::tickers::{after, next_tick};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, SegmentIndex};
use crate::units::SimTime;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Period of each node's merger: fixed in Milvus.
const PERIOD_MS: u64 = 500;

impl QueryCoordV2 {
    /// A load waits for the next tick of its node's merger.
    pub(super) fn queue_load(
        &mut self,
        id: TaskId,
        segment: SegmentIndex,
        node: NodeIndex,
        now: SimTime,
        outcome: &mut Outcome,
    ) {
        let record = &mut self.nodes[node.position()];
        record.to_merge.push((id, segment));
        if let Some(since) = record.since {
            let at = next_tick(since, PERIOD_MS, after(now));
            outcome.order(Order::TurnAt { turn: Turn::MergeLoads(node), at });
        }
        if let Some(task) = self.tasks.get_mut(id) {
            task.progress = Progress::Queued;
        }
    }

    /// What waits goes out: by collection and shard, most rows first, so many to a request as the key says.
    /// One by one where a node has refused a load of the collection for want of memory.
    pub(super) fn merge_loads(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let mut groups: BTreeMap<(CollectionIndex, ChannelIndex), Vec<(TaskId, SegmentIndex)>> =
            BTreeMap::new();
        for (id, segment) in std::mem::take(&mut self.nodes[node.position()].to_merge) {
            if self.tasks.get(id).is_some_and(|task| task.progress == Progress::Queued) {
                let view = self.view.segment(segment);
                groups.entry((view.collection, view.channel)).or_default().push((id, segment));
            } else {
                // Dropped meanwhile.
                self.count_running(node, Subject::Segment(segment), false);
                self.arm_room(node, hearing, outcome);
            }
        }
        for ((collection, _), mut loads) in groups {
            loads.sort_by_key(|(id, segment)| (Reverse(self.view.segment(*segment).rows), *id));
            let is_single = self.unmerged.contains(&collection);
            let cap = if is_single { 1 } else { self.in_force.task_merge_cap };
            for merged in loads.chunks(cap) {
                self.send_loads(node, merged, outcome);
            }
        }
    }
}
