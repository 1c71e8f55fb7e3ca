//! A query node as the coordinator knows it.

/// State of a query node's session (sections 3 and 11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NodeState {
    /// No session: not yet, or no more. A replica may still name the node.
    #[default]
    Unknown,
    /// Serving.
    Normal,
    /// Has announced its stop.
    Stopping,
    /// Suspended by an operator (2.3.14 to 2.4.9; later a suspended node leaves its resource group).
    Suspended,
}

/// How old the software of a query node is, as far as policies care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum NodeVersion {
    /// 2.3 or older: gets no channel unforced in 2.4.0 to 2.6.9 (section 7.0).
    UpTo2_3,
    /// 2.4 or 2.5: gives its channels to streaming nodes where streaming is on (section 8.0).
    UpTo2_5,
    /// 2.6 or newer.
    #[default]
    Newer,
}

/// A query node: what its session and its last report say, and sums kept by the view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeView {
    /// State of its session.
    pub state: NodeState,
    /// Age of its software.
    pub version: NodeVersion,
    /// Whether it is the query node embedded in a streaming node (2.6 and later).
    pub is_streaming: bool,
    /// Marked as out of memory or disk, mark not yet expired (2.6.8 and later, section 13).
    pub is_exhausted: bool,
    /// Memory capacity in whole MiB, as last reported; 0 until the first report.
    pub memory_mib: u64,
    /// Segments, as last reported; 0 until the first report.
    pub segment_count: i64,
    /// Channels, as last reported; 0 until the first report.
    pub channel_count: i64,
    /// Sealed rows over all collections.
    pub(super) sealed_rows: i64,
    /// Growing rows over all delegators.
    pub(super) growing_rows: i64,
    /// Pending rows over all collections.
    pub(super) pending_rows: i64,
    /// Pending grow minus pending reduce actions of segments (up to 2.4.5).
    pub(super) pending_actions: i64,
    /// Pending grow minus pending reduce actions of channels.
    pub(super) pending_channels: i64,
    /// Channels over all collections.
    pub(super) channels: i64,
}

impl NodeView {
    /// A node in this state that has not reported yet.
    pub fn in_state(state: NodeState) -> NodeView {
        NodeView { state, ..NodeView::default() }
    }

    /// Pending grow minus pending reduce actions of segments: the unit of releases up to 2.4.5.
    pub fn pending_actions(&self) -> i64 {
        self.pending_actions
    }
}
