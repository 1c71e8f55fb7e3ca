//! Requests, and which of them each release has (sections 11.4 and 12).

use super::group_requests::{GroupUpdate, ReplicaTransfer};
use super::state::{LoadStatus, QueryCoordV2};
use crate::coordinator::command::{Command, CommandError};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, RequestNumber};
use crate::model::ids::{NodeIndex, ResourceGroupIndex};
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;
use crate::release::Quirk;
use std::collections::BTreeMap;

type Answer = Result<(), CommandError>;

/// What a coordinator that is not ready says has failed; empty = it only says that it is not ready.
pub(super) fn failed_context(command: &Command) -> &'static str {
    match command {
        Command::LoadBalance(_) | Command::TransferSegment { .. } | Command::TransferChannel { .. } => {
            "failed to load balance"
        }
        Command::LoadCollection { .. } | Command::SetReplicas { .. } => "failed to load collection",
        Command::ReleaseCollection { .. } => "failed to release collection",
        Command::ResumeNode { .. } => "failed to resume query node",
        _ => "",
    }
}

impl QueryCoordV2 {
    /// Whether this release knows a request at all.
    pub(super) fn has_request(&self, command: &Command) -> bool {
        match command {
            Command::TransferSegment { .. }
            | Command::TransferChannel { .. }
            | Command::CheckQueryNodeDistribution { .. }
            | Command::SuspendBalance
            | Command::ResumeBalance
            | Command::SuspendNode { .. }
            | Command::ResumeNode { .. } => self.release.has(Quirk::TransfersSegments),
            Command::Unknown { .. } => false,
            _ => true,
        }
    }

    /// A request; `None` = its answer comes later.
    pub(super) fn request(
        &mut self,
        request: RequestNumber,
        command: &Command,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let has_transfers = self.has_request(command);
        let answer = match command {
            Command::LoadBalance(call) => return self.load_balance(request, call, hearing, outcome),
            Command::LoadCollection { collection_name, replica_number, resource_groups } => {
                let count = replica_number.unwrap_or(1) as usize;
                let groups = resource_groups.as_slice();
                match self.load_collection(request, collection_name, (count, groups), hearing, outcome) {
                    Ok(()) => return,
                    Err(error) => Err(error),
                }
            }
            Command::ReleaseCollection { collection_name } => {
                self.release_collection(collection_name, hearing, outcome)
            }
            Command::TransferSegment { source_node_id, target_node_id, segment_id, copy_mode }
                if has_transfers =>
            {
                let ends = (*source_node_id, *target_node_id);
                self.transfer_segments(ends, *segment_id, *copy_mode, hearing, outcome)
            }
            Command::TransferChannel { source_node_id, target_node_id, channel_name, copy_mode }
                if has_transfers =>
            {
                let ends = (*source_node_id, *target_node_id);
                self.transfer_channels(ends, channel_name.as_deref(), *copy_mode, hearing, outcome)
            }
            Command::CheckQueryNodeDistribution { source_node_id, target_node_id } if has_transfers => {
                self.check_distribution(*source_node_id, *target_node_id, hearing)
            }
            Command::SuspendBalance if has_transfers => {
                self.settle_idle_ticks(hearing.now);
                self.is_active = false;
                self.arm_balance(hearing.now, outcome);
                Ok(())
            }
            Command::ResumeBalance if has_transfers => {
                self.settle_idle_ticks(hearing.now);
                self.is_active = true;
                self.arm_balance(hearing.now, outcome);
                Ok(())
            }
            Command::SuspendNode { node_id } if has_transfers => {
                self.suspend(*node_id, true, hearing, outcome)
            }
            Command::ResumeNode { node_id } if has_transfers => {
                self.suspend(*node_id, false, hearing, outcome)
            }
            Command::SetReplicas { collection_name, replica_number, resource_groups } => {
                let config = (*replica_number, resource_groups.as_slice());
                self.set_replicas(collection_name, config, hearing, outcome)
            }
            Command::TransferNode { source, target, num_node } => {
                self.transfer_node((source.as_str(), target.as_str()), *num_node, hearing, outcome)
            }
            Command::TransferReplica { source, target, collection_name, num_replica } => {
                let num_replica = *num_replica;
                let call = ReplicaTransfer { source, target, collection_name, num_replica };
                self.transfer_replica(&call, hearing, outcome)
            }
            Command::UpdateResourceGroup { name, requests, limits, transfer_from, transfer_to } => {
                let call = GroupUpdate { name, numbers: (*requests, *limits), transfer_from, transfer_to };
                self.update_group(&call, hearing, outcome)
            }
            Command::GetQuerySegmentInfo { .. } => return,
            _ => Err(self.unknown(command)),
        };
        outcome.order(Order::Answer { request, result: answer });
    }

    /// A request that this release does not have.
    pub(super) fn unknown(&self, command: &Command) -> CommandError {
        let verb = match command {
            Command::TransferSegment { .. } => "transfer_segment",
            Command::TransferChannel { .. } => "transfer_channel",
            Command::CheckQueryNodeDistribution { .. } => "check_query_node_distribution",
            Command::SuspendBalance => "suspend_balance",
            Command::ResumeBalance => "resume_balance",
            Command::SuspendNode { .. } => "suspend_node",
            Command::ResumeNode { .. } => "resume_node",
            Command::Unknown { verb } => verb,
            _ => "request",
        };
        let text = format!("unknown method {verb}: Milvus {} has no such request", self.release);
        CommandError { code: 1, text }
    }

    /// Takes a node out of service, or in again.
    fn suspend(
        &mut self,
        id: i64,
        is_suspended: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        let known = hearing.cluster.find_node(id).filter(|node| self.view.knows(*node));
        let Some(node) = known else {
            let verb = if is_suspended { "suspend" } else { "resume" };
            let text = format!("failed to {verb} query node: node not found[node={id}]");
            return Err(CommandError { code: 901, text });
        };
        if !is_suspended && self.view.node(node).is_streaming {
            let text = "embedded query node in streaming node can't be resumed: invalid parameter";
            return Err(CommandError { code: 1100, text: text.to_owned() });
        }
        self.nodes[node.position()].is_suspended = is_suspended;
        if self.release.has(Quirk::SuspendedState) && self.view.node(node).state != NodeState::Stopping {
            self.view.node_mut(node).state =
                if is_suspended { NodeState::Suspended } else { NodeState::Normal };
        }
        outcome.order(Order::SetSuspended { node, is_suspended });
        self.enter_group(node, hearing, outcome);
        self.leave_group(node, hearing, outcome);
        self.after_change(hearing, outcome);
        self.arm_balance(hearing.now, outcome);
        Ok(())
    }

    fn load_collection(
        &mut self,
        request: RequestNumber,
        name: &str,
        (count, groups): (usize, &[String]),
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        let cluster = hearing.cluster;
        let collection = cluster.find_collection(name).ok_or_else(|| self.no_collection(name))?;
        if self.collections[collection.position()].status == LoadStatus::Loaded {
            self.check_same_load(collection, Some(count), groups, hearing)?;
            outcome.order(Order::Answer { request, result: Ok(()) });
            return Ok(());
        }
        self.check_streaming(count, "")?;
        let mut by_group: BTreeMap<ResourceGroupIndex, usize> = BTreeMap::new();
        for slot in 0..count.max(1) {
            let group = match groups.get(slot).or(groups.first()) {
                Some(name) => self.group(name)?,
                None => ResourceGroupIndex(0),
            };
            *by_group.entry(group).or_default() += 1;
        }
        let mut replicas = Vec::new();
        for (group, count) in by_group {
            let mut nodes = self.usable(group);
            if self.shuffles && count > 1 {
                // Which replica gets which node is the order of a Go set.
                self.orders.shuffle(&mut nodes);
            }
            if nodes.len() < count {
                let text = "nodes not enough".to_owned();
                return Err(self.error(65535, text.clone(), text.clone(), text));
            }
            let mut left = nodes.as_slice();
            for share in super::replicas::shares(nodes.len(), &vec![0; count]) {
                let (ours, rest) = left.split_at(share);
                left = rest;
                replicas.push((group, ours.to_vec()));
            }
        }
        outcome.order(Order::CreateReplicas { collection, replicas });
        self.begin_load(collection, request, hearing, outcome);
        self.kick(hearing, outcome);
        Ok(())
    }

    /// Every replica needs a streaming node of its own for its delegators (2.6 and later).
    pub(super) fn check_streaming(&self, replicas: usize, context: &str) -> Answer {
        let nodes = (0..self.nodes.len()).map(NodeIndex::at);
        let count = nodes.filter(|node| self.view.node(*node).is_streaming && self.view.knows(*node)).count();
        if !self.view.is_streaming() || replicas <= count {
            return Ok(());
        }
        let base = "service resource insufficient";
        let fields = format!("[currentStreamingNode={count}][expectedStreamingNode={replicas}]");
        let text = format!("{context}when load {replicas} replica count: {base}{fields}");
        Err(CommandError { code: 12, text })
    }

    /// `CheckQueryNodeDistribution`: all that a target names and the source has, the target node has, too.
    fn check_distribution(&self, source: i64, target: i64, hearing: Hearing<'_>) -> Answer {
        let ends = [(source, "source"), (target, "target")].map(|(id, side)| {
            let node = hearing.cluster.find_node(id).filter(|node| self.view.knows(*node));
            node.ok_or_else(|| {
                let text = format!("{side} node not found: node not found[node={id}]");
                CommandError { code: 901, text }
            })
        });
        let [source, target] = ends;
        let (source, target) = (source?, target?);
        for collection in self.targeted() {
            let view = self.view.collection(collection);
            let has = |channel| view.channels(target).iter().any(|copy| copy.channel == channel);
            if let Some(lacking) = view.channels(source).iter().find(|copy| !has(copy.channel)) {
                let name = &hearing.cluster.channel(lacking.channel).name;
                return Err(CommandError { code: 501, text: format!("channel lacks[channel={name}]") });
            }
        }
        let on_source = self.targeted().flat_map(|collection| self.view.copies(collection, source));
        let lacking = on_source
            .map(|copy| copy.segment)
            .filter(|segment| {
                [Target::Current, Target::Next].iter().any(|one| self.view.is_in_target(*segment, *one))
            })
            .filter(|segment| !self.view.holders().has(*segment, target))
            .min();
        lacking.map_or(Ok(()), |segment| {
            let id = hearing.cluster.segments().id(segment);
            Err(CommandError { code: 602, text: format!("segment lacks[segment={id}]") })
        })
    }

    /// The resource group of a name.
    fn group(&self, name: &str) -> Result<ResourceGroupIndex, CommandError> {
        self.groups.find(name).ok_or_else(|| {
            let text = format!("resource group not found[rg={name}]");
            self.error(300, text.clone(), format!("rg={name}: resource group not found"), text)
        })
    }

    fn release_collection(&mut self, name: &str, hearing: Hearing<'_>, outcome: &mut Outcome) -> Answer {
        let collection = hearing.cluster.find_collection(name).ok_or_else(|| self.no_collection(name))?;
        self.unload(collection, hearing, outcome);
        Ok(())
    }
}
