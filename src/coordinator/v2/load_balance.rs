//! `load_balance`: checks in Milvus's order, forced moves, and the wait for them (section 12.2).

use super::ask::Asked;
use super::state::{LoadStatus, QueryCoordV2};
use super::tasks::{Priority, TaskId};
use crate::coordinator::command::{CommandError, LoadBalance};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveCause, Order, Outcome, RequestNumber, Turn};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::{Force, SegmentToAssign};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;
use crate::release::Quirk;
use crate::units::SimDuration;
use std::collections::BTreeSet;

/// Code of an error that has none of its own.
pub(super) const UNEXPECTED: i32 = 65535;
/// How long 2.3.4 and 2.3.5 try a collection again that is not loaded: recorded.
const RETRIES_MS: u64 = 52_600;

/// A request that waits for tasks.
#[derive(Debug, Clone, Default)]
pub struct Wait {
    /// Tasks that have not ended.
    pub open: BTreeSet<TaskId>,
    /// Whether all its tasks have been added.
    pub is_complete: bool,
}

/// A valid request.
struct Checked {
    collection: CollectionIndex,
    replica: ReplicaIndex,
    source: NodeIndex,
    source_id: i64,
    destinations: Vec<NodeIndex>,
}

impl QueryCoordV2 {
    /// The error of one ground in the three eras: 2.2 has no codes, up to 2.3.3 a client sees none, and
    /// fields stand first there.
    pub(super) fn error(
        &self,
        code: i32,
        plain: String,
        fields_first: String,
        modern: String,
    ) -> CommandError {
        if self.release.has(Quirk::OneCheckerLoop) {
            CommandError { code: 1, text: plain }
        } else if self.release.has(Quirk::ErrorFieldsFirst) {
            CommandError { code: 0, text: fields_first }
        } else {
            CommandError { code, text: modern }
        }
    }

    /// The error of a collection that does not exist.
    pub(super) fn no_collection(&self, name: &str) -> CommandError {
        let old = |name: &str| {
            format!(
                "code: UnexpectedError, reason: code: CollectionNotExists, reason: can't find collection{name}"
            )
        };
        let (plain, modern) = if name.is_empty() {
            (old(": 0"), "collection not found[collection=0]".to_owned())
        } else if self.release.has(Quirk::NamesWithoutDatabase) {
            (old(&format!(": {name}")), String::new())
        } else {
            // Without a colon before the database: so recorded of 2.2.16 and 2.3.0.
            (
                old(&format!(" default:{name}")),
                format!("collection not found[database=default][collection={name}]"),
            )
        };
        self.error(100, plain.clone(), plain, modern)
    }

    /// A request.
    pub(super) fn load_balance(
        &mut self,
        request: RequestNumber,
        call: &LoadBalance,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let checked = self.check_request(call, hearing);
        let done = checked.and_then(|checked| self.move_by_hand(request, call, &checked, hearing, outcome));
        match done {
            Ok(()) => self.wait_or_answer(request, hearing, outcome),
            Err(error) if error.text.starts_with("attempt #") => {
                self.due_answers.insert(request, Err(error));
                let at = hearing.now + SimDuration::from_ms(RETRIES_MS);
                outcome.order(Order::TurnAt { turn: Turn::AnswerDue(request), at });
            }
            Err(error) => {
                self.waits.remove(&request);
                outcome.order(Order::Answer { request, result: Err(error) });
            }
        }
    }

    fn check_request(&self, call: &LoadBalance, hearing: Hearing<'_>) -> Result<Checked, CommandError> {
        let cluster = hearing.cluster;
        let name = call.collection_name.as_deref().unwrap_or_default();
        let collection = cluster.find_collection(name).ok_or_else(|| self.no_collection(name))?;
        let id = cluster.collection(collection).id;
        let [source_id] = call.src_node_ids[..] else {
            let count = call.src_node_ids.len();
            let plain = "source nodes can only contain 1 node";
            let actual = format!("{count} source nodes");
            let mut error = self.invalid(plain, "", "only 1 source node", &actual);
            if self.release.has(Quirk::OneCheckerLoop) {
                error.code = 1;
            }
            return Err(error);
        };
        if self.collections[collection.position()].status != LoadStatus::Loaded {
            let base = format!("collection not fully loaded[collection={id}]");
            let is_retried = self.release.has(Quirk::NotLoadedIsRetried);
            return Err(self.error(
                103,
                "can't balance segments of not fully loaded collection".to_owned(),
                format!("collection={id}: collection not fully loaded"),
                if is_retried { format!("attempt #9: {base}") } else { base },
            ));
        }
        let (source, replica) = self.source_of(collection, source_id, hearing).ok_or_else(|| {
            self.error(
                901,
                "source node not found in any replica".to_owned(),
                format!(
                    "replica not found for collection {id} and node {source_id}: replica=-1: replica not found"
                ),
                format!(
                    "source node not found in any replica of collection {id}: node not found[node={source_id}]"
                ),
            )
        })?;
        self.check_state(source, source_id, "source")?;
        let destinations = self.destinations_of(call, source, replica, hearing)?;
        Ok(Checked { collection, replica, source, source_id, destinations })
    }

    fn source_of(
        &self,
        collection: CollectionIndex,
        id: i64,
        hearing: Hearing<'_>,
    ) -> Option<(NodeIndex, ReplicaIndex)> {
        let node = hearing.cluster.find_node(id)?;
        let only_writable = self.release.has(Quirk::SourceMustBeReadWrite);
        let replicas = hearing.cluster.collection(collection).replicas.iter().copied();
        let replica = replicas.into_iter().find(|replica| {
            let members = self.view.replica(*replica);
            if only_writable { members.rw_nodes.contains(&node) } else { members.has(node) }
        })?;
        Some((node, replica))
    }

    fn check_state(&self, node: NodeIndex, id: i64, side: &str) -> Result<(), CommandError> {
        let text = format!("can't balance, because the {side} node[{id}] is invalid");
        let because = match self.view.node(node).state {
            NodeState::Unknown => (901, format!("node not found[node={id}]")),
            NodeState::Stopping => {
                let code = if self.release.has(Quirk::DispatchLoop) { 2 } else { UNEXPECTED };
                (code, format!("failed to balance due to the source/destination node[{id}] is stopping"))
            }
            NodeState::Normal | NodeState::Suspended => return Ok(()),
        };
        let full = format!("{text}: {}", because.1);
        Err(self.error(because.0, text, full.clone(), full))
    }

    fn destinations_of(
        &self,
        call: &LoadBalance,
        source: NodeIndex,
        replica: ReplicaIndex,
        hearing: Hearing<'_>,
    ) -> Result<Vec<NodeIndex>, CommandError> {
        let members = self.view.replica(replica);
        let mut destinations: Vec<NodeIndex> = Vec::new();
        for id in &call.dst_node_ids {
            let node = hearing.cluster.find_node(*id).filter(|node| members.has(*node));
            let replica = hearing.cluster.replica(replica).id;
            destinations.push(node.ok_or_else(|| {
                self.error(
                    901,
                    "destination nodes have to be in the same replica of source node".to_owned(),
                    format!(
                        "expected=destination node in the same replica as source node, actual=destination node {id} not in replica {replica}: invalid parameter"
                    ),
                    format!("destination node not found in the same replica: node not found[node={id}]"),
                )
            })?);
        }
        for (node, id) in destinations.iter().zip(&call.dst_node_ids) {
            self.check_state(*node, *id, "destination")?;
        }
        if call.dst_node_ids.is_empty() {
            destinations.clone_from(&members.rw_nodes);
            if self.release.has(Quirk::SourceMayStayDestination) {
                for node in &destinations {
                    self.check_state(*node, hearing.cluster.node(*node).id, "destination")?;
                }
            }
        }
        if !self.release.has(Quirk::SourceMayStayDestination) {
            destinations.retain(|node| *node != source);
        }
        destinations.sort();
        destinations.dedup();
        Ok(destinations)
    }

    fn move_by_hand(
        &mut self,
        request: RequestNumber,
        call: &LoadBalance,
        checked: &Checked,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let wanted = self.wanted_segments(call, checked, hearing)?;
        self.waits.insert(request, Wait::default());
        let (collection, nodes) = (checked.collection, &checked.destinations);
        let assigned =
            self.ask_segments(Asked::Configured, collection, &wanted, nodes, Force::Forced, hearing);
        for mut plan in assigned {
            plan.replica = Some(checked.replica);
            plan.reason = Reason::plain(ReasonCode::Manual);
            let added = self.move_segment(
                &plan,
                MoveCause::Manual,
                Priority::Normal,
                Some(request),
                hearing,
                outcome,
            );
            if let Err(refusal) = added
                && self.release.has(Quirk::OneCheckerLoop)
            {
                return Err(self.failed_to_balance(UNEXPECTED, &refusal.plain_text()));
            }
        }
        Ok(())
    }

    fn wanted_segments(
        &self,
        call: &LoadBalance,
        checked: &Checked,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentToAssign>, CommandError> {
        let copies = self.view.copies(checked.collection, checked.source);
        let mut wanted: Vec<SegmentToAssign> = Vec::new();
        if call.sealed_segment_ids.is_empty() {
            wanted.extend(copies.iter().map(|copy| SegmentToAssign::copy_on(checked.source, copy)));
        }
        for id in &call.sealed_segment_ids {
            let segment = hearing.cluster.segments().find(*id);
            let copy = copies.iter().find(|copy| Some(copy.segment) == segment);
            let Some(copy) = copy else {
                return Err(self.no_segment(*id, checked.source_id));
            };
            if self.view.is_in_target(copy.segment, Target::Current)
                && !wanted.iter().any(|other| other.segment == copy.segment)
            {
                wanted.push(SegmentToAssign::copy_on(checked.source, copy));
            }
        }
        wanted.sort_by_key(|segment| segment.segment);
        Ok(wanted)
    }

    fn no_segment(&self, segment: i64, source: i64) -> CommandError {
        if self.release.has(Quirk::SegmentNotFoundHasCode) {
            let base = format!("segment not found in source node: segment not found[segment={segment}]");
            return self.failed_to_balance(600, &base);
        }
        self.failed_to_balance(UNEXPECTED, &format!("segment {segment} not found in source node {source}"))
    }

    /// The last context of an error.
    fn failed_to_balance(&self, code: i32, cause: &str) -> CommandError {
        let text = format!("failed to balance segments: {cause}");
        self.error(code, format!("failed to balance segments, err={cause}"), text.clone(), text)
    }

    /// The request is answered when its last task ends, or now when there is none.
    fn wait_or_answer(&mut self, request: RequestNumber, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(wait) = self.waits.get_mut(&request) else { return };
        wait.is_complete = true;
        if wait.open.is_empty() {
            self.waits.remove(&request);
            outcome.order(Order::Answer { request, result: Ok(()) });
        } else {
            let at = hearing.now + SimDuration::from_ms(self.settings().segment_task_timeout_ms());
            outcome.order(Order::TurnAt { turn: Turn::AnswerDue(request), at });
        }
    }

    /// A task that a request waits for has ended: the first error ends the wait.
    pub(super) fn task_of_request_ended(
        &mut self,
        request: RequestNumber,
        task: TaskId,
        error: Option<CommandError>,
        outcome: &mut Outcome,
    ) {
        let Some(wait) = self.waits.get_mut(&request) else { return };
        wait.open.remove(&task);
        let result = match error {
            Some(error) => {
                let cause = if self.release.has(Quirk::TransfersSegments) {
                    format!("failed to wait all balance task finished: {}", error.text)
                } else {
                    error.text
                };
                Err(self.failed_to_balance(error.code, &cause))
            }
            None if wait.is_complete && wait.open.is_empty() => Ok(()),
            None => return,
        };
        self.waits.remove(&request);
        outcome.order(Order::Answer { request, result });
    }

    /// A request has waited long enough; that its tasks did not end in time is no error.
    pub(super) fn answer_due(&mut self, request: RequestNumber, outcome: &mut Outcome) {
        if let Some(result) = self.due_answers.remove(&request) {
            outcome.order(Order::Answer { request, result });
        } else if self.waits.remove(&request).is_some() {
            outcome.order(Order::Answer { request, result: Ok(()) });
        }
    }
}
