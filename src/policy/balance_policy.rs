//! The three questions that Milvus's query coordinator puts to a balancer.

use super::facts::Facts;
use super::parameters::Parameters;
use super::plan::{BalancePlan, ChannelPlan, Declines, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::view::ClusterView;
use super::view::segment::SegmentCopy;
use super::witness::Witness;
use crate::engine::random::Random;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};

/// What a policy may use while it answers: nothing else influences it.
pub struct Ask<'a> {
    /// What the coordinator knows. Plans of the same consultation are not yet in it.
    pub view: &'a ClusterView,
    /// What else can be found out: ids, names, bytes.
    pub facts: &'a dyn Facts,
    /// The parameters in force at this moment.
    pub parameters: &'a Parameters,
    /// Chance: the multi-target balancer's picks, and shuffles (section 14).
    pub random: &'a mut Random,
    /// Whether what Milvus shuffles is shuffled; otherwise it keeps ascending order.
    pub shuffles: bool,
    /// Sees every comparison with a threshold.
    pub witness: &'a mut dyn Witness,
    /// Why something was not planned; [`BalancePolicy::balance_replica`] moves it into its plan.
    pub declined: Declines,
}

/// Whether an assignment passes over node state, benefit and batch limit (section 7.0).
///
/// Forced: requests of operators in every release (Milvus calls that "manual" up to 2.4.17), and from
/// 2.4.18 on also what the segment and channel checkers load anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// An ordinary assignment.
    Unforced,
    /// A forced or manual one.
    Forced,
}

impl Force {
    /// Whether it is forced.
    pub fn is_forced(self) -> bool {
        self == Force::Forced
    }
}

/// A segment that needs a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentToAssign {
    /// The segment.
    pub segment: SegmentIndex,
    /// Its rows: of the copy that moves, or as the target says when it is loaded anew.
    pub rows: i64,
    /// The node that holds the copy that moves; `None` when it is loaded anew.
    pub node: Option<NodeIndex>,
}

impl SegmentToAssign {
    /// A copy on `node` that should move.
    pub fn copy_on(node: NodeIndex, copy: &SegmentCopy) -> SegmentToAssign {
        SegmentToAssign { segment: copy.segment, rows: copy.row_count(), node: Some(node) }
    }

    /// The plan that brings it to `to`.
    pub fn plan(&self, to: NodeIndex, reason: Reason) -> SegmentPlan {
        SegmentPlan { segment: self.segment, from: self.node, to, replica: None, reason }
    }

    /// Why it needs a node, where no comparison says more.
    pub fn cause(&self) -> ReasonCode {
        if self.node.is_some() { ReasonCode::NodeOverQuota } else { ReasonCode::Lacking }
    }
}

/// A channel that needs a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelToAssign {
    /// The channel.
    pub channel: ChannelIndex,
    /// The node that serves it now and should give it away; `None` when it is subscribed anew.
    pub node: Option<NodeIndex>,
}

impl ChannelToAssign {
    /// The plan that brings it to `to`.
    pub fn plan(&self, to: NodeIndex, reason: Reason) -> ChannelPlan {
        ChannelPlan { channel: self.channel, from: self.node, to, replica: None, reason }
    }

    /// Why it needs a node, where no comparison says more.
    pub fn cause(&self) -> ReasonCode {
        if self.node.is_some() { ReasonCode::NodeOverQuota } else { ReasonCode::Lacking }
    }
}

/// A rule for where segments and channels should live. It plans and changes nothing.
pub trait BalancePolicy {
    /// Where these segments of `collection` should go, chosen among `nodes`. Segments may stay unassigned.
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan>;

    /// Where these channels of `collection` should go, chosen among `nodes`. Channels may stay unassigned.
    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan>;

    /// What should move within `replica`.
    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan;
}
