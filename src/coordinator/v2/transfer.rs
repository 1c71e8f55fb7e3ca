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

    /// An end of a transfer that cannot be one. The field names the source in both errors, as shipped.
    fn invalid_end(side: &str, source_id: i64) -> CommandError {
        let text = format!("the {side} node is invalid: node not available[node={source_id}]");
        CommandError { code: 905, text }
    }

    fn source_end(&self, id: i64, hearing: Hearing<'_>) -> Result<NodeIndex, CommandError> {
        self.serving(id, hearing).ok_or_else(|| Self::invalid_end("source", id))
    }

    /// The target of a transfer; `None` = every node that may receive.
    fn target_end(
        &self,
        (source_id, target_id): (i64, Option<i64>),
        hearing: Hearing<'_>,
    ) -> Result<Option<NodeIndex>, CommandError> {
        let Some(id) = target_id else { return Ok(None) };
        self.serving(id, hearing).map(Some).ok_or_else(|| Self::invalid_end("target", source_id))
    }

    /// Segments live on query nodes alone.
    fn takes_segments(&self, target: NodeIndex) -> Result<(), CommandError> {
        if !self.view.node(target).is_streaming {
            return Ok(());
        }
        let text = "embedded query node in streaming node can't be the destination of transfer segment: \
                    invalid parameter";
        Err(CommandError { code: 1100, text: text.to_owned() })
    }

    /// Every replica that contains a node, with its collection, whether that is loaded or still loading. A
    /// request goes through them one by one; their order is that of a Go map.
    fn replicas_of(&mut self, node: NodeIndex, hearing: Hearing<'_>) -> Vec<(CollectionIndex, ReplicaIndex)> {
        let collections = hearing.cluster.collection_indices();
        let mut replicas: Vec<(CollectionIndex, ReplicaIndex)> = collections
            .flat_map(|collection| {
                hearing
                    .cluster
                    .collection(collection)
                    .replicas
                    .iter()
                    .map(move |replica| (collection, *replica))
            })
            .filter(|(_, replica)| self.view.replica(*replica).has_any(node))
            .collect();
        if self.shuffles && replicas.len() > 1 {
            self.orders.shuffle(&mut replicas);
        }
        replicas
    }

    fn receivers(&self, all: &[NodeIndex], source: NodeIndex, target: Option<NodeIndex>) -> Vec<NodeIndex> {
        let chosen = match target {
            Some(target) => vec![target],
            None => all.to_vec(),
        };
        chosen.into_iter().filter(|node| *node != source).collect()
    }

    /// `TransferSegment`: returns once the moves are queued. As shipped, a segment that is asked for must be on
    /// the source for every replica that the source is in: with several collections there the first replica
    /// of another one ends the request, though what came before it moves.
    pub(super) fn transfer_segments(
        &mut self,
        ends: (i64, Option<i64>),
        segment_id: Option<i64>,
        is_copy: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let source = self.source_end(ends.0, hearing)?;
        for (collection, replica) in self.replicas_of(source, hearing) {
            let target = self.target_end(ends, hearing)?;
            target.map_or(Ok(()), |target| self.takes_segments(target))?;
            let mut segments = self.wanted_for_transfer(collection, source, segment_id, hearing)?;
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

    /// All segments of a collection on a node; or the one that is asked for, unless queries do not use it.
    fn wanted_for_transfer(
        &self,
        collection: CollectionIndex,
        source: NodeIndex,
        segment_id: Option<i64>,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentToAssign>, CommandError> {
        let copies = self.view.copies(collection, source);
        let Some(id) = segment_id else {
            return Ok(copies.iter().map(|copy| SegmentToAssign::copy_on(source, copy)).collect());
        };
        let wanted: Option<SegmentIndex> = hearing.cluster.segments().find(id);
        let copy = copies.iter().find(|copy| Some(copy.segment) == wanted).ok_or_else(|| {
            let text = format!("segment not found in source node: segment not found[segment={id}]");
            CommandError { code: 600, text }
        })?;
        let is_used = self.view.is_in_target(copy.segment, Target::Current);
        Ok(is_used.then(|| SegmentToAssign::copy_on(source, copy)).into_iter().collect())
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

    /// `TransferChannel`: returns once the moves are queued; a channel that is asked for must be on the source
    /// for every replica, as a segment must.
    pub(super) fn transfer_channels(
        &mut self,
        ends: (i64, Option<i64>),
        channel_name: Option<&str>,
        is_copy: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let source = self.source_end(ends.0, hearing)?;
        for (collection, replica) in self.replicas_of(source, hearing) {
            let target = self.target_end(ends, hearing)?;
            let channels = self.wanted_channels(collection, source, channel_name, hearing)?;
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
        Ok(())
    }

    /// All channels of a collection on a node; or the one that is asked for, unless queries do not use it.
    fn wanted_channels(
        &self,
        collection: CollectionIndex,
        source: NodeIndex,
        channel_name: Option<&str>,
        hearing: Hearing<'_>,
    ) -> Result<Vec<ChannelToAssign>, CommandError> {
        let view = self.view.collection(collection);
        let held = view.channels(source).iter().map(|copy| copy.channel);
        let to_assign = |channel| ChannelToAssign { channel, node: Some(source) };
        let Some(name) = channel_name else { return Ok(held.map(to_assign).collect()) };
        let found = held.into_iter().find(|channel| hearing.cluster.channel(*channel).name == name);
        let channel = found.ok_or_else(|| {
            let text = format!("channel not found in source node: channel not found[channel={name}]");
            CommandError { code: 500, text }
        })?;
        let is_used = view.current_channels.as_ref().is_some_and(|targeted| targeted.contains(&channel));
        Ok(is_used.then(|| to_assign(channel)).into_iter().collect())
    }
}
