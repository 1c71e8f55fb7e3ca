//! What a turn of the coordinator leads to: orders for others, and facts to remember.

use super::command::CommandError;
use crate::model::few::Few;
use crate::model::ids::{
    ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex, SegmentIndex,
};
use crate::model::replica::ReplicaShard;
use crate::policy::reason::{Reason, ReasonCode};
use crate::units::SimTime;

/// Number of a call to a query node, to match its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallNumber(pub u32);

/// Number of a client's request, to match its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestNumber(pub u32);

/// Number of a move: counted from 0 in the order of planning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoveNumber(pub u32);

/// Who wanted a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveCause {
    /// Automatic balance.
    Balance,
    /// A stopping node is emptied.
    Drain,
    /// An operator's command.
    Manual,
}

impl MoveCause {
    /// The word in results.
    pub fn text(self) -> &'static str {
        match self {
            MoveCause::Balance => "balance",
            MoveCause::Drain => "drain",
            MoveCause::Manual => "manual",
        }
    }
}

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveOutcome {
    /// The coordinator counts it as done.
    Completed,
    /// It ended without success.
    Failed,
    /// Dropped or replaced before its end.
    Cancelled,
    /// Not admitted.
    Refused,
}

impl MoveOutcome {
    /// The word in results.
    pub fn text(self) -> &'static str {
        match self {
            MoveOutcome::Completed => "completed",
            MoveOutcome::Failed => "failed",
            MoveOutcome::Cancelled => "cancelled",
            MoveOutcome::Refused => "refused",
        }
    }
}

/// A periodic or waiting duty of the coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Lost nodes are handed to recovery (2.0/2.1, every 100 ms).
    OfflinePoll,
    /// Announced segments are looked at (2.0/2.1, every 5 s).
    HandoffPoll,
    /// The balance ticker fires (2.0/2.1).
    BalanceTick,
    /// The trigger queue goes on.
    TriggerPass,
    /// A node reports its distribution (2.2 and later, like all that follow).
    Pull(NodeIndex),
    /// Next targets are held against what the reports show.
    ObserveTargets,
    /// Next targets become what the data coordinator lists.
    RefreshTargets,
    /// The node lists of replicas are put in order.
    ObserveReplicas,
    /// Resource groups get the nodes that they ask for.
    ObserveGroups,
    /// The channel checker.
    CheckChannels,
    /// The segment checker.
    CheckSegments,
    /// The balance checker.
    CheckBalance,
    /// The scheduler's pass of a node.
    Pass(NodeIndex),
    /// Loads that wait for one another go to their node (2.2).
    MergeLoads(NodeIndex),
    /// A load of a collection has gone on for so long that it may be given up.
    GiveUpLoad(CollectionIndex),
    /// A request is answered that had to wait, or has waited long enough.
    AnswerDue(RequestNumber),
}

/// A sealed segment to load, with the move that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadItem {
    /// The segment.
    pub segment: SegmentIndex,
    /// The move, if any.
    pub number: Option<MoveNumber>,
}

/// One order or fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Call a node to load segments; all or nothing.
    LoadSegments {
        /// Number of the call.
        call: CallNumber,
        /// The node.
        node: NodeIndex,
        /// What to load, all of one collection.
        items: Few<LoadItem>,
    },
    /// Call a node to watch a channel.
    WatchChannel {
        /// Number of the call.
        call: CallNumber,
        /// The node.
        node: NodeIndex,
    },
    /// Call a node to release its copy; answered as soon as the node has heard of it.
    ReleaseSegment {
        /// Number of the call.
        call: CallNumber,
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
    },
    /// Call a node to give up a channel.
    UnsubscribeChannel {
        /// Number of the call.
        call: CallNumber,
        /// The node.
        node: NodeIndex,
    },
    /// Tell a node to release its copy.
    Release {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
    },
    /// A collection gets replicas with these nodes, in stored order.
    CreateReplicas {
        /// The collection.
        collection: CollectionIndex,
        /// Per replica: its resource group and its nodes.
        replicas: Vec<(ResourceGroupIndex, Vec<NodeIndex>)>,
    },
    /// A collection's replica is no more.
    DropReplica(ReplicaIndex),
    /// A node joins a replica.
    AddReplicaNode {
        /// The replica.
        replica: ReplicaIndex,
        /// The node.
        node: NodeIndex,
    },
    /// A node leaves a replica.
    RemoveReplicaNode {
        /// The replica.
        replica: ReplicaIndex,
        /// The node.
        node: NodeIndex,
    },
    /// A node belongs to another resource group.
    SetNodeGroup {
        /// The node.
        node: NodeIndex,
        /// Its group.
        group: ResourceGroupIndex,
    },
    /// A resource group asks for other numbers of nodes.
    DeclareGroup {
        /// The group.
        group: ResourceGroupIndex,
        /// Nodes it asks for.
        requests: u32,
        /// Nodes it may have.
        limits: u32,
    },
    /// A replica takes its nodes from another resource group.
    SetReplicaGroup {
        /// The replica.
        replica: ReplicaIndex,
        /// Its group.
        group: ResourceGroupIndex,
    },
    /// A node is taken out of service by an operator, or in again.
    SetSuspended {
        /// The node.
        node: NodeIndex,
        /// Whether it is out.
        is_suspended: bool,
    },
    /// A shard has a new leader.
    SetShardLeader {
        /// The shard.
        shard: ReplicaShard,
        /// Its leader.
        leader: NodeIndex,
    },
    /// A sealed segment that came by handoff serves in all replicas: its growing rows go.
    HandedOver(SegmentIndex),
    /// A client's request is answered.
    Answer {
        /// The request.
        request: RequestNumber,
        /// Success or Milvus's refusal.
        result: Result<(), CommandError>,
    },
    /// A move of a sealed segment was planned.
    Plan {
        /// Its number.
        number: MoveNumber,
        /// The segment.
        segment: SegmentIndex,
        /// The replica; `None` = the source serves no replica of the segment's collection.
        replica: Option<ReplicaIndex>,
        /// From where.
        from: NodeIndex,
        /// To where.
        to: NodeIndex,
        /// Who wanted it.
        cause: MoveCause,
        /// Why.
        reason: Reason,
    },
    /// A move of a channel was planned.
    PlanChannel {
        /// Its number.
        number: MoveNumber,
        /// The channel.
        channel: ChannelIndex,
        /// The replica.
        replica: Option<ReplicaIndex>,
        /// From where.
        from: NodeIndex,
        /// To where.
        to: NodeIndex,
        /// Who wanted it.
        cause: MoveCause,
        /// Why.
        reason: Reason,
    },
    /// A move ended.
    MoveEnd {
        /// Its number.
        number: MoveNumber,
        /// How.
        outcome: MoveOutcome,
    },
    /// Nothing was planned.
    Declined {
        /// For this replica; `None` = for the whole cluster.
        replica: Option<ReplicaIndex>,
        /// Why.
        reason: Reason,
    },
    /// Nothing was planned for replicas of which nothing else was told since their last round, which was declined
    /// for the same reasons in the same order.
    DeclinedAgain {
        /// One of the reasons.
        code: ReasonCode,
        /// How often.
        times: u64,
    },
    /// The coordinator wants a turn.
    TurnAt {
        /// Which.
        turn: Turn,
        /// When.
        at: SimTime,
    },
}

/// What a turn leads to, in order. Reused from turn to turn.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The orders.
    pub orders: Vec<Order>,
}

impl Outcome {
    /// Adds an order.
    pub fn order(&mut self, order: Order) {
        self.orders.push(order);
    }
}
