//! The three questions that Milvus's query coordinator puts to a balancer.

use super::facts::Facts;
use super::parameters::Parameters;
use super::plan::{BalancePlan, ChannelPlan, Declines, Repeats, SegmentPlan};
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
    /// Moves planned in vain; [`BalancePolicy::balance_replica`] moves them into its plan.
    pub repeats: Repeats,
}

impl Ask<'_> {
    /// Brings `items` into a drawn order where chance is seeded: the order of a Go map (section 14). Gives
    /// the stream behind the draw, to be [kept](Ask::keep) once something is planned: what plans nothing
    /// draws nothing, so that nobody can tell how often it was asked.
    #[must_use]
    pub fn draw_order<T>(&self, items: &mut [T]) -> Option<Random> {
        if !self.shuffles || items.len() < 2 {
            return None;
        }
        let mut drawn = self.random.clone();
        drawn.shuffle(items);
        Some(drawn)
    }

    /// Goes on behind a draw that led to a plan.
    pub fn keep(&mut self, drawn: Option<Random>) {
        if let Some(drawn) = drawn {
            *self.random = drawn;
        }
    }
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
///
/// Milvus's balancers are rules, and so may yours be. A rule answers from what it is asked with and nothing
/// else, so that the same scenario gives the same run; it draws from [`Ask::random`] alone. It plans with
/// indices of the view, moves what is on `from`, and cannot fail: with nothing to say it plans nothing.
///
/// # Example
///
/// Milvus evens rows. This rule evens bytes: it moves the largest segment that still narrows the gap between
/// the fullest and the emptiest query node. It runs beside Milvus's own on a cluster whose rows are even
/// already.
///
/// ```
/// use evenkeel::experiment::run_all::outcome;
/// use evenkeel::experiment::running::Running;
/// use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
/// use evenkeel::policy::balance_policy::*;
/// use evenkeel::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
/// use evenkeel::policy::reason::{Reason, ReasonCode};
/// use evenkeel::scenario::{overrides::Overrides, parse};
/// use std::sync::Arc;
///
/// struct ByBytes;
///
/// /// Bytes on a node once every task has ended.
/// fn bytes(ask: &Ask<'_>, node: NodeIndex) -> i64 {
///     ask.facts.node_memory(node).map_or(0, |memory| memory.used_bytes as i64) + ask.facts.pending_bytes(node)
/// }
///
/// impl BalancePolicy for ByBytes {
///     fn assign_segments(
///         &self,
///         ask: &mut Ask<'_>,
///         _collection: CollectionIndex,
///         segments: &[SegmentToAssign],
///         nodes: &[NodeIndex],
///         _force: Force,
///     ) -> Vec<SegmentPlan> {
///         let Some(to) = nodes.iter().copied().min_by_key(|node| bytes(ask, *node)) else { return Vec::new() };
///         segments.iter().map(|one| one.plan(to, Reason::plain(ReasonCode::OwnPolicy))).collect()
///     }
///
///     fn assign_channels(
///         &self,
///         ask: &mut Ask<'_>,
///         _collection: CollectionIndex,
///         channels: &[ChannelToAssign],
///         nodes: &[NodeIndex],
///         _force: Force,
///     ) -> Vec<ChannelPlan> {
///         let fewest = nodes.iter().copied().min_by_key(|node| ask.view.channels_on(*node));
///         let Some(to) = fewest else { return Vec::new() };
///         channels.iter().map(|one| one.plan(to, Reason::plain(ReasonCode::OwnPolicy))).collect()
///     }
///
///     fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
///         let members = ask.view.replica(replica);
///         let mut nodes = members.rw_nodes.to_vec();
///         nodes.sort_by_key(|node| (bytes(ask, *node), *node));
///         let (Some(&to), Some(&from)) = (nodes.first(), nodes.last()) else { return BalancePlan::default() };
///         let gap = bytes(ask, from) - bytes(ask, to);
///         let size = |segment| ask.facts.segment_bytes(segment) as i64;
///         let copies = ask.view.copies(members.collection, from).iter().map(|copy| copy.segment);
///         let narrowing = copies.filter(|segment| 2 * size(*segment) <= gap);
///         let largest = narrowing.max_by_key(|segment| (size(*segment), *segment));
///         let reason = Reason::compared(ReasonCode::OwnPolicy, None, gap as f64, 0.0);
///         let plan = |segment| SegmentPlan { segment, from: Some(from), to, replica: Some(replica), reason };
///         BalancePlan { segments: largest.map(plan).into_iter().collect(), ..BalancePlan::default() }
///     }
/// }
///
/// let text = r#"{
///   "version": 1, "name": "wide_rows", "duration": "5m",
///   "milvus": { "version": "2.5.27", "config": { "queryCoord.delegatorMemoryOverloadFactor": 0 } },
///   "query_nodes": [ { "id": 1, "memory": 128 }, { "id": 2, "memory": 128 } ],
///   "collections": [ { "name": "book", "segments": [
///     { "id": 11, "rows": 9, "memory": 16, "query_node": 1 }, { "id": 21, "rows": 9, "memory": 1, "query_node": 2 },
///     { "id": 12, "rows": 9, "memory": 16, "query_node": 1 }, { "id": 22, "rows": 9, "memory": 1, "query_node": 2 },
///     { "id": 13, "rows": 9, "memory": 16, "query_node": 1 }, { "id": 23, "rows": 9, "memory": 1, "query_node": 2 }
///   ] } ] }"#;
/// let scenario = Arc::new(parse(text, "wide_rows.json", &Overrides::default()).expect("no faults"));
/// let milvus = outcome(&scenario, Running::start(&scenario).expect("placed")).expect("no fault");
/// let own = Running::with_policy(&scenario, "ByBytes", Box::new(ByBytes)).expect("placed");
/// let own = outcome(&scenario, own).expect("no fault");
/// let skew = |summary: &evenkeel::metrics::summary::Summary| summary.skew.memory.end.max_difference;
/// assert_eq!((milvus.summary.moves.planned, skew(&milvus.summary)), (0, Some(0.3515625)));
/// assert_eq!((own.summary.moves.planned, skew(&own.summary)), (1, Some(0.1015625)));
/// ```
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

    /// How many of `held` segments on `giver` [`BalancePolicy::assign_segments`] would plan for, where that is
    /// known without knowing where they go: always those with the most rows, equal ones by ascending id.
    fn foreseen(
        &self,
        _ask: &Ask<'_>,
        _giver: NodeIndex,
        _held: usize,
        _nodes: &[NodeIndex],
        _force: Force,
    ) -> Option<usize> {
        None
    }

    /// How long an answer of "nothing" for `replica`, given for this view, will be given again, in the same
    /// words.
    fn ground(&self, _view: &ClusterView, _replica: ReplicaIndex) -> Ground {
        Ground::Unknown
    }
}

/// On what an answer of "nothing" rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Nobody knows: the next answer may be another.
    Unknown,
    /// It stands as long as [`ClusterView::facts_stamp`], the collection's [`ClusterView::structure_stamp`]
    /// and [`ClusterView::rows_stamp`] stay.
    Rows,
    /// It looked at no rows: it stands as long as the first two of them stay.
    Structure,
}
