//! Milvus's balancer with something done to what it answers.

use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use evenkeel::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, Ground, SegmentToAssign};
use evenkeel::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use evenkeel::policy::view::ClusterView;

/// What is done.
pub(crate) trait Twist {
    /// The plan that is answered instead of `plan`.
    fn planned(&self, _ask: &Ask<'_>, _replica: ReplicaIndex, plan: BalancePlan) -> BalancePlan {
        plan
    }

    /// On what it is said to rest.
    fn ground(&self, ground: Ground) -> Ground {
        ground
    }
}

/// The balancer.
pub(crate) struct Twisted<T> {
    pub(crate) milvus: Box<dyn BalancePolicy>,
    pub(crate) twist: T,
}

impl<T: Twist> BalancePolicy for Twisted<T> {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        self.milvus.assign_segments(ask, collection, segments, nodes, force)
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        self.milvus.assign_channels(ask, collection, channels, nodes, force)
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let plan = self.milvus.balance_replica(ask, replica);
        self.twist.planned(ask, replica, plan)
    }

    fn ground(&self, view: &ClusterView, replica: ReplicaIndex) -> Ground {
        self.twist.ground(self.milvus.ground(view, replica))
    }
}
