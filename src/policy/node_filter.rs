//! Which candidate nodes an assignment may use, and how many plans it may make (section 7.0).

use super::balance_policy::{Ask, Force};
use super::parameters::Parameters;
use super::reason::ReasonCode;
use super::view::columns::marks;
use super::view::node::{NodeState, NodeVersion};
use crate::model::ids::NodeIndex;
use crate::release::{Quirk, Release};

/// Whose assignment it is: three rules, three exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigner {
    /// Round robin.
    RoundRobin,
    /// Row count.
    RowCount,
    /// Score.
    Score,
}

/// The filter of one release for one rule.
#[derive(Debug, Clone, Copy)]
pub struct NodeFilter {
    unforced_needs_normal: bool,
    forced_skips_stopping: bool,
    excludes_exhausted: bool,
    channels_need_newer: bool,
    forced_channels_go_anywhere: bool,
}

impl NodeFilter {
    /// The filter of `release` for the assignments of `assigner`.
    pub fn of(release: Release, assigner: Assigner) -> NodeFilter {
        let is_score = assigner == Assigner::Score;
        let skips = release.has(Quirk::ForcedSkipsStoppingNodes)
            || (assigner == Assigner::RoundRobin && release.has(Quirk::ForcedRoundRobinSkipsStoppingNodes));
        NodeFilter {
            unforced_needs_normal: release.has(Quirk::UnforcedNeedsNormalNodes),
            forced_skips_stopping: skips,
            excludes_exhausted: release.has(Quirk::ExhaustedNodesExcluded),
            channels_need_newer: !is_score && release.has(Quirk::ChannelsNeedNewerNodes),
            forced_channels_go_anywhere: is_score && release.has(Quirk::ForcedScoreChannelsGoAnywhere),
        }
    }

    /// The nodes that may get segments, in the order given.
    pub fn for_segments(self, ask: &mut Ask<'_>, nodes: &[NodeIndex], force: Force) -> Vec<NodeIndex> {
        if !nodes.is_empty() && !self.bars(ask.view.asked_nodes(nodes).marks(), force) {
            return nodes.to_vec();
        }
        let passing: Vec<NodeIndex> =
            nodes.iter().copied().filter(|node| self.lets(ask, *node, force)).collect();
        if passing.is_empty() {
            ask.declined.plain(ReasonCode::NoTargetNode);
        }
        passing
    }

    /// Whether a node with one of these marks gets no segments.
    pub(super) fn bars(self, met: u8, force: Force) -> bool {
        let when = |is_barred: bool, mark: u8| if is_barred { mark } else { 0 };
        let down = marks::UNKNOWN | marks::STOPPING;
        let barred = if force.is_forced() {
            when(self.forced_skips_stopping, down)
        } else {
            down | when(self.unforced_needs_normal, marks::SUSPENDED)
                | when(self.excludes_exhausted, marks::EXHAUSTED)
        };
        met & barred != 0
    }

    /// The nodes that may get channels, in the order given.
    pub fn for_channels(self, ask: &mut Ask<'_>, nodes: &[NodeIndex], force: Force) -> Vec<NodeIndex> {
        let passing: Vec<NodeIndex> = nodes
            .iter()
            .copied()
            .filter(|node| self.lets(ask, *node, force) && self.lets_channels(ask, *node, force))
            .collect();
        if passing.is_empty() {
            ask.declined.plain(ReasonCode::NoTargetNode);
        }
        passing
    }

    fn lets(self, ask: &mut Ask<'_>, node: NodeIndex, force: Force) -> bool {
        let seen = ask.view.node(node);
        let is_up = !matches!(seen.state, NodeState::Unknown | NodeState::Stopping);
        let is_normal = match force {
            Force::Forced => is_up || !self.forced_skips_stopping,
            Force::Unforced if self.unforced_needs_normal => seen.state == NodeState::Normal,
            Force::Unforced => is_up,
        };
        let is_exhausted = self.excludes_exhausted && seen.is_exhausted && !force.is_forced();
        if !is_normal {
            ask.declined.plain(ReasonCode::NodeNotNormal);
        } else if is_exhausted {
            ask.declined.plain(ReasonCode::Penalty);
        }
        is_normal && !is_exhausted
    }

    fn lets_channels(self, ask: &mut Ask<'_>, node: NodeIndex, force: Force) -> bool {
        let seen = ask.view.node(node);
        let is_old = self.channels_need_newer && !force.is_forced() && seen.version == NodeVersion::UpTo2_3;
        let needs_streaming =
            ask.view.is_streaming() && !(force.is_forced() && self.forced_channels_go_anywhere);
        let is_no_streaming_node = needs_streaming && !seen.is_streaming;
        if is_old {
            ask.declined.plain(ReasonCode::NodeVersionTooOld);
        } else if is_no_streaming_node {
            ask.declined.plain(ReasonCode::NotStreamingNode);
        }
        !is_old && !is_no_streaming_node
    }
}

/// How many segment plans one assignment may make.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimit {
    is_on: bool,
    binds_forced: bool,
    gives_one_more: bool,
}

impl BatchLimit {
    /// The limit of `release` on the assignments of `assigner`.
    pub fn of(release: Release, assigner: Assigner) -> BatchLimit {
        let forced = match assigner {
            Assigner::Score => Quirk::ForcedScoreHasBatchLimit,
            Assigner::RoundRobin | Assigner::RowCount => Quirk::ForcedRowRulesHaveBatchLimit,
        };
        BatchLimit {
            is_on: release.has(Quirk::SegmentBatchLimit),
            binds_forced: release.has(forced),
            gives_one_more: release.has(Quirk::BatchLimitGivesOneMore),
        }
    }

    /// Whether to stop after `count` plans: Milvus asks after each plan.
    pub fn is_reached(self, count: usize, force: Force, parameters: &Parameters) -> bool {
        let count = count as i64;
        let size = parameters.balance_segment_batch_size;
        let is_bound = self.is_on && (self.binds_forced || !force.is_forced());
        is_bound && if self.gives_one_more { count > size } else { count >= size }
    }
}
