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
}

impl ReasonCode {
    /// Every code, in the order of its declaration.
    pub const ALL: [ReasonCode; 14] = [
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
        }
    }

    /// What the code means, in one sentence for a reader of the report.
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
