//! Transfers of segments and channels by hand (section 12.3).

use super::ask::Asked;
use super::checkers::plans::steps;
use super::state::QueryCoordV2;
use super::tasks::{NewTask, Priority, Subject};
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveCause, Outcome};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::{ChannelToAssign, Force, SegmentToAssign};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;

impl QueryCoordV2 {
    fn serving(&self, id: i64, hearing: Hearing<'_>) -> Option<NodeIndex> {
        let node = hearing.cluster.find_node(id)?;
        let state = self.view.node(node).state;
        (state != NodeState::Unknown && state != NodeState::Stopping).then_some(node)
    }

    /// Source and target of a transfer; `None` as target = every node that may receive.
    fn ends(
        &self,
        ends: (i64, Option<i64>),
        hearing: Hearing<'_>,
    ) -> Result<(NodeIndex, Option<NodeIndex>), CommandError> {
        let (source_id, target_id) = ends;
        // The field names the source in both errors, as shipped.
        let invalid = |side: &str| CommandError {
            code: 905,
            text: format!("the {side} node is invalid: node not available[node={source_id}]"),
        };
        let source = self.serving(source_id, hearing).ok_or_else(|| invalid("source"))?;
        let target = match target_id {
            None => None,
            Some(id) => Some(self.serving(id, hearing).ok_or_else(|| invalid("target"))?),
        };
        Ok((source, target))
    }

    /// Why a target cannot take segments: those live on query nodes alone.
    fn takes_segments(&self, target: NodeIndex, hearing: Hearing<'_>) -> Result<(), CommandError> {
        if !self.view.node(target).is_streaming {
            return Ok(());
        }
        let id = hearing.cluster.node(target).id;
        let text = format!(
            "invalid parameter[expected=target node is query node][actual=target node {id} is streaming query node]"
        );
        Err(CommandError { code: 1100, text })
    }

    /// Every replica that contains a node, with its collection, whether that is loaded or still loading.
    fn replicas_of(&self, node: NodeIndex, hearing: Hearing<'_>) -> Vec<(CollectionIndex, ReplicaIndex)> {
        let collections = hearing.cluster.collection_indices();
        collections
            .flat_map(|collection| {
                hearing
                    .cluster
                    .collection(collection)
                    .replicas
                    .iter()
                    .map(move |replica| (collection, *replica))
            })
            .filter(|(_, replica)| self.view.replica(*replica).has_any(node))
            .collect()
    }

    fn receivers(&self, all: &[NodeIndex], source: NodeIndex, target: Option<NodeIndex>) -> Vec<NodeIndex> {
        let chosen = match target {
            Some(target) => vec![target],
            None => all.to_vec(),
        };
        chosen.into_iter().filter(|node| *node != source).collect()
    }

    /// `TransferSegment`: returns once the moves are queued.
    pub(super) fn transfer_segments(
        &mut self,
        ends: (i64, Option<i64>),
        segment_id: Option<i64>,
        is_copy: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let (source, target) = self.ends(ends, hearing)?;
        target.map_or(Ok(()), |target| self.takes_segments(target, hearing))?;
        let wanted: Option<SegmentIndex> = segment_id.and_then(|id| hearing.cluster.segments().find(id));
        let replicas = self.replicas_of(source, hearing);
        let is_there = wanted.is_some_and(|segment| self.view.holders().has(segment, source));
        if let (Some(id), false, false) = (segment_id, is_there, replicas.is_empty()) {
            let text = format!("segment not found in source node: segment not found[segment={id}]");
            return Err(CommandError { code: 600, text });
        }
        for (collection, replica) in replicas {
            let copies = self.view.copies(collection, source).iter();
            let mut segments: Vec<SegmentToAssign> = copies
                .filter(|copy| wanted.is_none_or(|wanted| copy.segment == wanted))
                .filter(|copy| self.view.is_in_target(copy.segment, Target::Current))
                .map(|copy| SegmentToAssign::copy_on(source, copy))
                .collect();
            segments.sort_by_key(|segment| segment.segment);
            let nodes = self.receivers(&self.view.replica(replica).rw_nodes, source, target);
            if segments.is_empty() || nodes.is_empty() {
                continue;
            }
            let plans =
                self.ask_segments(Asked::Configured, collection, &segments, &nodes, Force::Forced, hearing);
            for mut plan in plans {
                plan.replica = Some(replica);
                plan.reason = Reason::plain(ReasonCode::Manual);
                if is_copy {
                    let subject = Subject::Segment(plan.segment);
                    self.copy_subject(collection, replica, subject, (source, plan.to), hearing, outcome);
                } else {
                    let cause = MoveCause::Manual;
                    let _ = self.move_segment(&plan, cause, Priority::Normal, None, hearing, outcome);
                }
            }
        }
        Ok(())
    }

    fn copy_subject(
        &mut self,
        collection: CollectionIndex,
        replica: ReplicaIndex,
        subject: Subject,
        (from, to): (NodeIndex, NodeIndex),
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let task = NewTask {
            collection,
            replica: Some(replica),
            subject,
            actions: steps(from, to, true),
            priority: Priority::Normal,
            number: None,
            waiter: None,
        };
        // A task turned away is skipped.
        let _ = self.add_task(task, hearing, outcome);
    }

    /// `TransferChannel`: returns once the moves are queued.
    pub(super) fn transfer_channels(
        &mut self,
        ends: (i64, Option<i64>),
        channel_name: Option<&str>,
        is_copy: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let (source, target) = self.ends(ends, hearing)?;
        let replicas = self.replicas_of(source, hearing);
        let name_of = |channel: crate::model::ids::ChannelIndex| &hearing.cluster.channel(channel).name;
        let mut found = channel_name.is_none() || replicas.is_empty();
        for (collection, replica) in replicas {
            let held = self.view.collection(collection).channels(source).to_vec();
            let held = held.into_iter().map(|copy| copy.channel);
            let channels: Vec<_> =
                held.filter(|channel| channel_name.is_none_or(|name| name_of(*channel) == name)).collect();
            found |= !channels.is_empty();
            let targeted = self.view.collection(collection).current_channels.as_ref();
            let channels: Vec<ChannelToAssign> = channels
                .into_iter()
                .filter(|channel| targeted.is_some_and(|targeted| targeted.contains(channel)))
                .map(|channel| ChannelToAssign { channel, node: Some(source) })
                .collect();
            let members = self.view.replica(replica);
            let all = if self.view.is_streaming() { &members.rw_sq_nodes } else { &members.rw_nodes };
            let nodes = self.receivers(all, source, target);
            if channels.is_empty() || nodes.is_empty() {
                continue;
            }
            let plans =
                self.ask_channels(Asked::Configured, collection, &channels, &nodes, Force::Forced, hearing);
            for mut plan in plans {
                plan.replica = Some(replica);
                plan.reason = Reason::plain(ReasonCode::Manual);
                if is_copy {
                    let subject = Subject::Channel(plan.channel);
                    self.copy_subject(collection, replica, subject, (source, plan.to), hearing, outcome);
                } else {
                    let _ = self.move_channel(&plan, MoveCause::Manual, hearing, outcome);
                }
            }
        }
        if found {
            return Ok(());
        }
        let name = channel_name.unwrap_or_default();
        let text = format!("channel not found in source node: channel not found[channel={name}]");
        Err(CommandError { code: 500, text })
    }
}
