//! The parameters of the policies of 2.2 and later, under Milvus's own names.

use crate::release::{Quirk, Release};
use serde::Serialize;

/// Parameters in force; every field is the key `queryCoord.` plus its name in camel case (section 5.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Whether channels are balanced apart from draining (2.3.4 and later).
    pub auto_balance_channel: bool,
    /// Weight of all the node's rows in its score; MultipleTarget: weight of the global row cost.
    pub global_row_count_factor: f64,
    /// Lower bound on imbalance (section 7.3.4).
    pub score_unbalance_toleration_factor: f64,
    /// Bound on overshoot (section 7.3.4). Milvus spells it `reverseUnBalanceTolerationFactor`.
    pub reverse_un_balance_toleration_factor: f64,
    /// Weight of growing rows in the score (2.3.7 to 2.4.5).
    pub growing_row_count_weight: f64,
    /// Cost of a delegator, as a share of a node's average or assigned score (2.4.6 and later).
    pub delegator_memory_overload_factor: f64,
    /// Weight of a channel of the collection itself (2.4.18 and later).
    pub collection_channel_count_factor: f64,
    /// MultipleTarget: weight of the replica's row cost.
    pub row_count_factor: f64,
    /// MultipleTarget: weight of the replica's segment count cost.
    pub segment_count_factor: f64,
    /// MultipleTarget: weight of the global segment count cost.
    pub global_segment_count_factor: f64,
    /// MultipleTarget: steps of each generator by rows.
    pub row_count_max_steps: i64,
    /// MultipleTarget: steps of each generator by segment count.
    pub segment_count_max_steps: i64,
    /// MultipleTarget: steps of the random generator.
    pub random_max_steps: i64,
    /// MultipleTarget: smaller cost differences count as none.
    pub balance_cost_threshold: f64,
    /// Read-write nodes per channel that make a replica exclusive (2.4.2 and later, section 8.5).
    pub channel_exclusive_node_factor: i64,
    /// Segment plans per assignment; up to 2.5.12 the key is `collectionBalanceSegmentBatchSize`.
    pub balance_segment_batch_size: i64,
    /// Channel plans per assignment; up to 2.5.12 the key is `collectionBalanceChannelBatchSize`.
    pub balance_channel_batch_size: i64,
    /// Whether nodes that leave a replica are drained (2.4.0 and later).
    pub enable_stopping_balance: bool,
    /// Which rule places what is drained (2.6.10 and later); most texts mean the score rule (quirk Q13).
    pub stopping_balance_assign_policy: String,
}

impl Parameters {
    /// What `release` ships.
    pub fn shipped(release: Release) -> Parameters {
        let delegator = if release.has(Quirk::DelegatorCostCompounds) { 0.3 } else { 0.1 };
        let exclusive = if release.has(Quirk::ExclusiveFromThreeNodes) { 3 } else { 4 };
        Parameters {
            auto_balance_channel: true,
            global_row_count_factor: 0.1,
            score_unbalance_toleration_factor: 0.05,
            reverse_un_balance_toleration_factor: 1.3,
            growing_row_count_weight: 4.0,
            delegator_memory_overload_factor: delegator,
            collection_channel_count_factor: 10.0,
            row_count_factor: 0.4,
            segment_count_factor: 0.4,
            global_segment_count_factor: 0.1,
            row_count_max_steps: 50,
            segment_count_max_steps: 50,
            random_max_steps: 10,
            balance_cost_threshold: 0.001,
            channel_exclusive_node_factor: exclusive,
            balance_segment_batch_size: 5,
            balance_channel_batch_size: 1,
            enable_stopping_balance: true,
            stopping_balance_assign_policy: "ScoreBased".to_owned(),
        }
    }

    /// The parameters as `release` uses them: 2.2 clamps three factors when it reads them (section 5).
    #[must_use]
    pub fn clamped(mut self, release: Release) -> Parameters {
        if release.has(Quirk::FactorsClamped) {
            self.global_row_count_factor = match self.global_row_count_factor {
                factor if factor > 1.0 => 1.0,
                factor if factor <= 0.0 => 0.1,
                factor => factor,
            };
            if self.score_unbalance_toleration_factor < 0.0 {
                self.score_unbalance_toleration_factor = 0.05;
            }
            self.reverse_un_balance_toleration_factor =
                self.reverse_un_balance_toleration_factor.clamp(1.1, 2.0);
        }
        self
    }
}
