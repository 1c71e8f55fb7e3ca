//! Why a move was made or was not: one closed list, with the numbers compared.

/// A decision's outcome in one word. The texts are those of the results (`declined`, `reason.code`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonCode {
    /// `queryCoord.autoBalance` is false: no round ever starts.
    AutobalanceOff,
    /// Trigger tasks were waiting when the tick came, so the round was given up (2.1).
    TriggerQueueBusy,
    /// More than 20 collections are loaded and this one was not among the 20 of the round.
    NotInThisRound,
    /// A node of the replica did not answer the request for its memory figures.
    NodeInfoFailed,
    /// The listing of a node's segments failed, so the node is unavailable for this replica.
    SegmentInfoFailed,
    /// At most one node of the replica is available.
    TooFewNodes,
    /// The highest rate is not over the overload threshold and the gap not over the greatest difference.
    BelowBothThresholds,
    /// No segment of the source keeps the destination under the overload threshold.
    DestWouldOverflow,
    /// Every segment that fits would keep or widen the gap.
    NoImprovingSegment,
    /// The fullest node holds no sealed segment of this collection.
    SourceHasNothingOfThisCollection,
    /// All nodes report the same host's memory, so their rates are equal whatever they hold.
    HostMemory,
    /// The fullest node is above the overload threshold: a move was planned.
    Overloaded,
    /// The gap between fullest and emptiest node is above the greatest difference: a move was planned.
    DifferenceTooGreat,
    /// An operator asked for the move.
    Manual,
    /// Fewer than two nodes of the replica can take part.
    OneNode,
    /// No node is left that may receive.
    NoTargetNode,
    /// A candidate node is unknown, stopping or suspended.
    NodeNotNormal,
    /// A candidate node is marked resource-exhausted.
    Penalty,
    /// A candidate node is too old for channels.
    NodeVersionTooOld,
    /// A candidate node is no streaming node, so it gets no channel.
    NotStreamingNode,
    /// The node holds no more than its share.
    NodeUnderQuota,
    /// A segment is in none of the targets that matter, or of level zero.
    NotInTarget,
    /// A segment or channel has other than one copy.
    Redundant,
    /// The gap between source and target is within the toleration.
    Tolerance,
    /// The move would turn the gap around without making it small enough.
    Reverse,
    /// A channel is planned, so segments wait.
    ChannelPlanFirst,
    /// The nodes reserved for the channel are even, though others hold less.
    ExclusiveGroup,
    /// Nodes outside a channel's own nodes hold it, so its segments are not evened.
    OutboundFirst,
    /// Nodes leave the replica, so only draining is planned.
    DrainFirst,
    /// `enableStoppingBalance` is false, so leaving nodes keep what they hold.
    DrainingOff,
    /// The batch of this assignment is full.
    BatchFull,
    /// All rows and scores are 0.
    RowsZero,
    /// Move tasks of the other kind are running for the collection.
    TasksOfOtherKind,
    /// What was planned is under way already: the scheduler keeps the task that it has.
    MoveUnderWay,
    /// The configured balancer places what is loaded and never moves it.
    BalancerOnlyAssigns,
    /// A node is at or above average but no segment fits between it and the average.
    AboveAverage,
    /// No tried move lowers the cost.
    NoLowerCost,
    /// The source holds more than its share: a move was planned.
    NodeOverQuota,
    /// The source leaves the replica: a move was planned.
    Drain,
    /// The source is not among the channel's own nodes: a move was planned.
    OutsideGroup,
    /// The plan found lowers the cost: a move was planned.
    LowerCost,
    /// Nobody holds it: it is loaded or subscribed anew.
    Lacking,
    /// The collection has no current target.
    TargetNotReady,
    /// The collection is still being loaded, so no round takes it up.
    CollectionNotLoaded,
    /// A channel of the collection does not serve, so no round takes it up (2.6.10 and later).
    ChannelNotServiceable,
    /// Nodes are being drained, and until there is nothing to drain no normal round starts.
    StoppingFirst,
    /// The scheduler holds tasks of segments, and the release balances only without any (2.2.7 to 2.4.10).
    SchedulerBusy,
    /// An operator suspended balancing.
    CheckerSuspended,
    /// A policy of one's own planned it, or planned nothing.
    OwnPolicy,
}

impl ReasonCode {
    /// Every code, in the order of its declaration.
    pub const ALL: [ReasonCode; 49] = [
        ReasonCode::AutobalanceOff,
        ReasonCode::TriggerQueueBusy,
        ReasonCode::NotInThisRound,
        ReasonCode::NodeInfoFailed,
        ReasonCode::SegmentInfoFailed,
        ReasonCode::TooFewNodes,
        ReasonCode::BelowBothThresholds,
        ReasonCode::DestWouldOverflow,
        ReasonCode::NoImprovingSegment,
        ReasonCode::SourceHasNothingOfThisCollection,
        ReasonCode::HostMemory,
        ReasonCode::Overloaded,
        ReasonCode::DifferenceTooGreat,
        ReasonCode::Manual,
        ReasonCode::OneNode,
        ReasonCode::NoTargetNode,
        ReasonCode::NodeNotNormal,
        ReasonCode::Penalty,
        ReasonCode::NodeVersionTooOld,
        ReasonCode::NotStreamingNode,
        ReasonCode::NodeUnderQuota,
        ReasonCode::NotInTarget,
        ReasonCode::Redundant,
        ReasonCode::Tolerance,
        ReasonCode::Reverse,
        ReasonCode::ChannelPlanFirst,
        ReasonCode::ExclusiveGroup,
        ReasonCode::OutboundFirst,
        ReasonCode::DrainFirst,
        ReasonCode::DrainingOff,
        ReasonCode::BatchFull,
        ReasonCode::RowsZero,
        ReasonCode::TasksOfOtherKind,
        ReasonCode::MoveUnderWay,
        ReasonCode::BalancerOnlyAssigns,
        ReasonCode::AboveAverage,
        ReasonCode::NoLowerCost,
        ReasonCode::NodeOverQuota,
        ReasonCode::Drain,
        ReasonCode::OutsideGroup,
        ReasonCode::LowerCost,
        ReasonCode::Lacking,
        ReasonCode::TargetNotReady,
        ReasonCode::CollectionNotLoaded,
        ReasonCode::ChannelNotServiceable,
        ReasonCode::StoppingFirst,
        ReasonCode::SchedulerBusy,
        ReasonCode::CheckerSuspended,
        ReasonCode::OwnPolicy,
    ];

    /// The code that stands in results as `text`.
    pub fn from_text(text: &str) -> Option<ReasonCode> {
        ReasonCode::ALL.into_iter().find(|code| code.text() == text)
    }

    /// The code as it stands in results, such as `BELOW_BOTH_THRESHOLDS`.
    pub fn text(self) -> &'static str {
        match self {
            ReasonCode::AutobalanceOff => "AUTOBALANCE_OFF",
            ReasonCode::TriggerQueueBusy => "TRIGGER_QUEUE_BUSY",
            ReasonCode::NotInThisRound => "NOT_IN_THIS_ROUND",
            ReasonCode::NodeInfoFailed => "NODE_INFO_FAILED",
            ReasonCode::SegmentInfoFailed => "SEGMENT_INFO_FAILED",
            ReasonCode::TooFewNodes => "TOO_FEW_NODES",
            ReasonCode::BelowBothThresholds => "BELOW_BOTH_THRESHOLDS",
            ReasonCode::DestWouldOverflow => "DEST_WOULD_OVERFLOW",
            ReasonCode::NoImprovingSegment => "NO_IMPROVING_SEGMENT",
            ReasonCode::SourceHasNothingOfThisCollection => "SOURCE_HAS_NOTHING_OF_THIS_COLLECTION",
            ReasonCode::HostMemory => "HOST_MEMORY",
            ReasonCode::Overloaded => "OVERLOADED",
            ReasonCode::DifferenceTooGreat => "DIFFERENCE_TOO_GREAT",
            ReasonCode::Manual => "MANUAL",
            ReasonCode::OneNode => "ONE_NODE",
            ReasonCode::NoTargetNode => "NO_TARGET_NODE",
            ReasonCode::NodeNotNormal => "NODE_NOT_NORMAL",
            ReasonCode::Penalty => "PENALTY",
            ReasonCode::NodeVersionTooOld => "NODE_VERSION_TOO_OLD",
            ReasonCode::NotStreamingNode => "NOT_STREAMING_NODE",
            ReasonCode::NodeUnderQuota => "NODE_UNDER_QUOTA",
            ReasonCode::NotInTarget => "NOT_IN_TARGET",
            ReasonCode::Redundant => "REDUNDANT",
            ReasonCode::Tolerance => "TOLERANCE",
            ReasonCode::Reverse => "REVERSE",
            ReasonCode::ChannelPlanFirst => "CHANNEL_PLAN_FIRST",
            ReasonCode::ExclusiveGroup => "EXCLUSIVE_GROUP",
            ReasonCode::OutboundFirst => "OUTBOUND_FIRST",
            ReasonCode::DrainFirst => "DRAIN_FIRST",
            ReasonCode::DrainingOff => "DRAINING_OFF",
            ReasonCode::BatchFull => "BATCH_FULL",
            ReasonCode::RowsZero => "ROWS_ZERO",
            ReasonCode::TasksOfOtherKind => "TASKS_OF_OTHER_KIND",
            ReasonCode::MoveUnderWay => "MOVE_UNDER_WAY",
            ReasonCode::BalancerOnlyAssigns => "BALANCER_ONLY_ASSIGNS",
            ReasonCode::AboveAverage => "ABOVE_AVERAGE",
            ReasonCode::NoLowerCost => "NO_LOWER_COST",
            ReasonCode::NodeOverQuota => "NODE_OVER_QUOTA",
            ReasonCode::Drain => "DRAIN",
            ReasonCode::OutsideGroup => "OUTSIDE_GROUP",
            ReasonCode::LowerCost => "LOWER_COST",
            ReasonCode::Lacking => "LACKING",
            ReasonCode::TargetNotReady => "TARGET_NOT_READY",
            ReasonCode::CollectionNotLoaded => "COLLECTION_NOT_LOADED",
            ReasonCode::ChannelNotServiceable => "CHANNEL_NOT_SERVICEABLE",
            ReasonCode::StoppingFirst => "STOPPING_FIRST",
            ReasonCode::SchedulerBusy => "SCHEDULER_BUSY",
            ReasonCode::CheckerSuspended => "CHECKER_SUSPENDED",
            ReasonCode::OwnPolicy => "OWN_POLICY",
        }
    }

    /// What the code means, in one sentence for a reader of the report.
    #[expect(clippy::too_many_lines, reason = "one sentence a code")]
    pub fn sentence(self) -> &'static str {
        match self {
            ReasonCode::AutobalanceOff => "queryCoord.autoBalance is false, so no round starts",
            ReasonCode::TriggerQueueBusy => "trigger tasks were waiting, so the tick was given up",
            ReasonCode::NotInThisRound => {
                "more than 20 collections are loaded; this one was not drawn for the round"
            }
            ReasonCode::NodeInfoFailed => "a node of the replica did not report its memory",
            ReasonCode::SegmentInfoFailed => "a node of the replica did not list its segments",
            ReasonCode::TooFewNodes => "at most one node of the replica is available",
            ReasonCode::BelowBothThresholds => {
                "the fullest node is not over the overload threshold, and the gap to the emptiest not over the greatest difference"
            }
            ReasonCode::DestWouldOverflow => {
                "no segment keeps the emptiest node under the overload threshold"
            }
            ReasonCode::NoImprovingSegment => "every segment that fits would keep or widen the gap",
            ReasonCode::SourceHasNothingOfThisCollection => {
                "the fullest node holds no sealed segment of this collection: it is full of something else"
            }
            ReasonCode::HostMemory => "all nodes report their host's memory, so their rates are equal",
            ReasonCode::Overloaded => "the fullest node is over the overload threshold",
            ReasonCode::DifferenceTooGreat => {
                "the gap between fullest and emptiest node is over the greatest difference"
            }
            ReasonCode::Manual => "an operator asked for it",
            ReasonCode::OneNode => "fewer than two nodes of the replica can take part",
            ReasonCode::NoTargetNode => "no node is left that may receive",
            ReasonCode::NodeNotNormal => "a candidate node is unknown, stopping or suspended",
            ReasonCode::Penalty => "a candidate node refused a load lately and is marked resource-exhausted",
            ReasonCode::NodeVersionTooOld => "a candidate node is too old to get channels",
            ReasonCode::NotStreamingNode => {
                "a candidate node is no streaming node, and channels live on streaming nodes"
            }
            ReasonCode::NodeUnderQuota => "the node holds no more than its share",
            ReasonCode::NotInTarget => {
                "a segment is not in the targets that the release asks for, or of level zero"
            }
            ReasonCode::Redundant => {
                "a segment or channel has other than one copy, so it is left to the checkers"
            }
            ReasonCode::Tolerance => "the gap between source and target is within the toleration",
            ReasonCode::Reverse => "the move would turn the gap around without making it small enough",
            ReasonCode::ChannelPlanFirst => "a channel is planned to move, so segments wait",
            ReasonCode::ExclusiveGroup => "a channel has its own nodes, and segments move only among them",
            ReasonCode::OutboundFirst => {
                "nodes outside the channel's own nodes hold it, so its segments are not evened"
            }
            ReasonCode::DrainFirst => "nodes leave the replica, so only draining is planned",
            ReasonCode::DrainingOff => {
                "queryCoord.enableStoppingBalance is false, so leaving nodes keep what they hold"
            }
            ReasonCode::BatchFull => "the batch of this assignment is full",
            ReasonCode::RowsZero => "all rows and scores are 0, so there is nothing to even",
            ReasonCode::TasksOfOtherKind => {
                "segments and channels of one collection do not move at the same time"
            }
            ReasonCode::MoveUnderWay => "what was planned is moving already, so it was planned in vain",
            ReasonCode::BalancerOnlyAssigns => {
                "the balancer of this release places what is loaded and never moves it"
            }
            ReasonCode::AboveAverage => "no segment fits into what the node holds above average",
            ReasonCode::NoLowerCost => "no tried move lowers the cost",
            ReasonCode::NodeOverQuota => "the source holds more than its share",
            ReasonCode::Drain => "the source leaves the replica",
            ReasonCode::OutsideGroup => "the source is not among the channel's own nodes",
            ReasonCode::LowerCost => "the plan found lowers the cost",
            ReasonCode::Lacking => "nobody holds it",
            ReasonCode::TargetNotReady => "the collection has no current target",
            ReasonCode::CollectionNotLoaded => {
                "the collection is still being loaded, so no round takes it up"
            }
            ReasonCode::ChannelNotServiceable => {
                "not all channels of the collection serve, so no round takes it up"
            }
            ReasonCode::StoppingFirst => {
                "nodes are being drained, which goes first: no normal round starts meanwhile"
            }
            ReasonCode::SchedulerBusy => {
                "tasks of segments are still running, and until they end no round starts"
            }
            ReasonCode::CheckerSuspended => "an operator suspended balancing",
            ReasonCode::OwnPolicy => "a policy of one's own decided it, by a rule that Milvus does not know",
        }
    }
}

/// A decision with the comparison it rests on: both sides, in the units compared, and the key that
/// sets the right-hand side, where one does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// What was decided.
    pub code: ReasonCode,
    /// Milvus's key behind the right-hand side, such as `queryCoord.memoryUsageMaxDifferencePercentage`.
    pub key: Option<&'static str>,
    /// Left-hand side of the comparison; `None` where nothing was compared.
    pub left: Option<f64>,
    /// Right-hand side of the comparison.
    pub right: Option<f64>,
}

impl Reason {
    /// A decision that compares nothing.
    pub fn plain(code: ReasonCode) -> Reason {
        Reason { code, key: None, left: None, right: None }
    }

    /// A decision that compares `left` with `right`; `key` is the Milvus key that sets `right`.
    pub fn compared(code: ReasonCode, key: Option<&'static str>, left: f64, right: f64) -> Reason {
        Reason { code, key, left: Some(left), right: Some(right) }
    }

    /// `left - right`; how far the comparison was from turning out the other way.
    pub fn margin(&self) -> Option<f64> {
        Some(self.left? - self.right?)
    }
}
