//! Scores of nodes by segments and by channels, and each node's share of all scores.
//!
//! Specification sections 7.3.1, 7.3.2 and 7.3.5.

use super::balance_policy::Ask;
use super::node_item::{Arithmetic, NodeItem};
use super::score_columns::ScoreColumns;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex};
use crate::release::{Quirk, Release};
use std::sync::Arc;

/// From so many nodes on scores are read all at once.
const MANY: usize = 4;

/// How growing rows enter a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growing {
    Ignored,
    Added,
    Weighted,
}

/// What a delegator costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DelegatorCost {
    Nothing,
    /// A share of the rows there, each delegator on top of the one before (2.4.6).
    Compounding,
    /// A share of the average or of the node's share, once per delegator (2.4.7 and later).
    ShareOfAverage,
}

/// How one release scores.
#[derive(Debug, Clone, Copy)]
pub struct Scoring {
    /// Whole or weighted scores.
    pub arithmetic: Arithmetic,
    growing: Growing,
    delegators: DelegatorCost,
    adds_pending: bool,
    adds_segment_parts: bool,
    own_pending_channels_weigh: bool,
    keeps_order_given: bool,
}

impl Scoring {
    /// The scoring of `release`.
    pub fn of(release: Release) -> Scoring {
        let growing = if !release.has(Quirk::GrowingRowsCount) {
            Growing::Ignored
        } else if release.has(Quirk::GrowingRowsWeighted) {
            Growing::Weighted
        } else {
            Growing::Added
        };
        let delegators = if release.has(Quirk::DelegatorCostCompounds) {
            DelegatorCost::Compounding
        } else if release.has(Quirk::DelegatorCost) {
            DelegatorCost::ShareOfAverage
        } else {
            DelegatorCost::Nothing
        };
        Scoring {
            arithmetic: Arithmetic::of(release),
            growing,
            delegators,
            adds_pending: release.has(Quirk::PendingRowsCount),
            adds_segment_parts: release.has(Quirk::ScorePairsExtremes),
            own_pending_channels_weigh: release.has(Quirk::OwnPendingChannelsWeigh),
            keeps_order_given: release.has(Quirk::HeapInOrderGiven),
        }
    }

    /// Whether scores are sums that the view keeps, weighed against shares: since 2.4.13.
    pub(super) fn is_by_columns(self) -> bool {
        self.arithmetic != Arithmetic::Whole
            && self.growing == Growing::Added
            && self.delegators == DelegatorCost::ShareOfAverage
            && self.adds_pending
            && !self.adds_segment_parts
    }

    /// The score of a segment with these rows.
    pub fn segment_score(self, ask: &Ask<'_>, rows: i64) -> f64 {
        let factor = ask.parameters.global_row_count_factor;
        if self.adds_segment_parts {
            rows as f64 + (rows as f64 * factor).trunc()
        } else {
            self.arithmetic.segment_score(rows, factor)
        }
    }

    /// The score of a node for a collection, without shares.
    pub fn node_score(self, ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> i64 {
        let (mut own, mut all) = match self.delegators {
            DelegatorCost::Compounding => compounded(ask, collection, node),
            _ => self.rows(ask, collection, node),
        };
        if self.adds_pending {
            own += ask.view.collection(collection).pending_rows(node);
            all += ask.view.pending_rows(node);
        }
        own + (all as f64 * ask.parameters.global_row_count_factor) as i64
    }

    /// The scores of nodes for a collection, without shares: all at once where that is possible and pays.
    pub fn node_scores(
        self,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
    ) -> Arc<Vec<f64>> {
        let many = Some(nodes).filter(|nodes| nodes.len() >= MANY);
        let columns = many.and_then(|nodes| ScoreColumns::scores(self, ask, collection, nodes));
        columns.unwrap_or_else(|| {
            Arc::new(nodes.iter().map(|node| self.node_score(ask, collection, *node) as f64).collect())
        })
    }

    /// The same numbers as integers of 32 bits, all at once; `None` where that is not possible or does not pay.
    pub fn whole_scores(
        self,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        scores: &mut Vec<u32>,
    ) -> Option<()> {
        let many = Some(nodes).filter(|nodes| nodes.len() >= MANY)?;
        ScoreColumns::whole_scores(self, ask, collection, many, scores)
    }

    /// Rows of the collection and of all collections on a node, growing ones as the release counts them.
    fn rows(self, ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> (i64, i64) {
        let view = ask.view;
        let own = view.collection(collection);
        let (own_growing, all_growing) = match self.growing {
            Growing::Ignored => (0, 0),
            Growing::Added => (own.growing_rows(node), view.growing_rows(node)),
            Growing::Weighted => {
                let weight = ask.parameters.growing_row_count_weight;
                let weighted = |rows: i64| (rows as f64 * weight) as i64;
                let views = |collection: &super::view::collection::CollectionView| -> i64 {
                    collection.delegators(node).iter().map(|other| weighted(other.growing_rows)).sum()
                };
                (views(own), view.collections().iter().map(views).sum())
            }
        };
        (own.sealed_rows(node) + own_growing, view.sealed_rows(node) + all_growing)
    }

    /// The nodes in the order in which they enter the heap.
    fn ordered(self, ask: &Ask<'_>, nodes: &[NodeIndex]) -> Vec<NodeIndex> {
        let mut ordered = nodes.to_vec();
        // A drawn order is kept.
        if !self.keeps_order_given && !ask.shuffles {
            ordered.sort_unstable();
            ordered.dedup();
        }
        ordered
    }

    /// The nodes with their scores by segments, delegators included, and their shares.
    pub fn segment_items(
        self,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
    ) -> Vec<NodeItem> {
        let mut items: Vec<NodeItem> = self
            .ordered(ask, nodes)
            .into_iter()
            .map(|node| NodeItem::new(node, self.node_score(ask, collection, node), self.arithmetic))
            .collect();
        let total: i64 = items.iter().map(|item| item.current as i64).sum();
        if total == 0 {
            return items;
        }
        let is_whole = self.arithmetic == Arithmetic::Whole;
        if !is_whole {
            assign_shares(ask, &mut items, total);
        }
        if self.delegators == DelegatorCost::ShareOfAverage {
            let factor = ask.parameters.delegator_memory_overload_factor;
            let average = total / items.len() as i64;
            for item in &mut items {
                let delegators = ask.view.collection(collection).delegators(item.node).len();
                if is_whole {
                    let cost = (average as f64 * factor) as i64 * delegators as i64;
                    item.current += cost as f64;
                } else if delegators > 0 {
                    item.current += item.assigned * factor * delegators as f64;
                }
            }
        }
        items
    }

    /// The score of a channel when channels of `collection` are planned.
    pub fn channel_score(ask: &Ask<'_>, channel: ChannelIndex, collection: CollectionIndex) -> f64 {
        if ask.view.collection_of(channel) == collection { own_channel_weight(ask) } else { 1.0 }
    }

    /// The nodes with their scores by channels and their shares.
    pub fn channel_items(
        self,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
    ) -> Vec<NodeItem> {
        let mut items: Vec<NodeItem> = self
            .ordered(ask, nodes)
            .into_iter()
            .map(|node| NodeItem::new(node, self.channels_score(ask, collection, node), self.arithmetic))
            .collect();
        let total: i64 = items.iter().map(|item| item.current as i64).sum();
        if total != 0 {
            assign_shares(ask, &mut items, total);
        }
        items
    }

    fn channels_score(self, ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> i64 {
        let own = ask.view.collection(collection);
        let weight = own_channel_weight(ask);
        let own_channels = own.channels(node).len() as i64;
        let others = ask.view.channels_on(node) - own_channels;
        let pending = ask.view.pending_channels(node);
        let own_pending = own.pending_channels(node);
        if self.own_pending_channels_weigh {
            others + pending + ((own_channels + own_pending) as f64 * weight) as i64
        } else {
            (others as f64 + own_channels as f64 * weight) as i64 + pending + own_pending
        }
    }
}

/// Gives every node its share of `total`: by memory when every node is known to have some, else equal
/// shares (quirk Q17).
fn assign_shares(ask: &Ask<'_>, items: &mut [NodeItem], total: i64) {
    let memory = |node: NodeIndex| ask.view.node(node).memory_mib as f64;
    let has_memory = |item: &NodeItem| ask.view.knows(item.node) && memory(item.node) > 0.0;
    if items.iter().all(has_memory) {
        let total_memory: f64 = items.iter().map(|item| memory(item.node)).sum();
        let average = total as f64 / total_memory;
        for item in items {
            item.assigned = memory(item.node) * average;
        }
    } else {
        let average = total as f64 / items.len() as f64;
        for item in items {
            item.assigned = average;
        }
    }
}

/// 2.4.6: rows with a cost per delegator, each on top of the one before.
fn compounded(ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> (i64, i64) {
    let factor = ask.parameters.delegator_memory_overload_factor;
    let view = ask.view;
    let mut all = view.sealed_rows(node) + view.growing_rows(node);
    for other in view.collections() {
        let cost = (other.sealed_rows(node) as f64 * factor) as i64;
        all += cost * other.delegators(node).len() as i64;
    }
    let mut own = view.collection(collection).sealed_rows(node);
    for delegator in view.collection(collection).delegators(node) {
        own += delegator.growing_rows;
        own += (own as f64 * factor) as i64;
    }
    (own, all)
}

/// Weight of a channel of the collection itself.
fn own_channel_weight(ask: &Ask<'_>) -> f64 {
    ask.parameters.collection_channel_count_factor.max(1.0)
}
