//! Keys that say what is balanced, by which rule, and how much at a time.

use super::{
    Defaults, END, FIRST, FROM_2_4, LAST_2_1, Spans, bool, falling_back, float, int, key, last, ranged, text,
    v,
};
use crate::coordinator::keys::{Key, Kind, Range, Rhythm};

const CHOSEN: Spans = &[(v(2, 2, 7), END)];
const FROM_2_5_13: Spans = &[(v(2, 5, 13), END)];
const CLAMPED: Spans = &[(v(2, 2, 0), last(2, 2))];
const BALANCERS: Defaults =
    &[(v(2, 2, 7), text("ScoreBasedBalancer")), (v(2, 6, 20), text("ChannelLevelScoreBalancer"))];

const GLOBAL_ROWS: Range =
    Range { holds: CLAMPED, least: 0.0, is_least_allowed: false, below: 0.1, greatest: 1.0, above: 1.0 };
const TOLERATION: Range = Range {
    holds: CLAMPED,
    least: 0.0,
    is_least_allowed: true,
    below: 0.05,
    greatest: f64::INFINITY,
    above: f64::INFINITY,
};
const REVERSE: Range =
    Range { holds: CLAMPED, least: 1.1, is_least_allowed: true, below: 1.1, greatest: 2.0, above: 2.0 };

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    // 2.2.0 to 2.2.2 ship and ignore it.
    key("queryCoord.autoBalance", Kind::Bool, "", &[(FIRST, LAST_2_1), (v(2, 2, 3), END)], &[(FIRST, bool(true))]),
    key("queryCoord.autoBalanceChannel", Kind::Bool, "", &[(v(2, 3, 4), END)], &[(v(2, 3, 4), bool(true))]),
    Key { rhythm: Rhythm::Balancer, ..key("queryCoord.balancer", Kind::Text, "", CHOSEN, BALANCERS) },
    ranged(key("queryCoord.globalRowCountFactor", Kind::Float, "", CHOSEN, &[(v(2, 2, 7), float(0.1))]), GLOBAL_ROWS),
    ranged(key("queryCoord.scoreUnbalanceTolerationFactor", Kind::Float, "", CHOSEN, &[(v(2, 2, 7), float(0.05))]), TOLERATION),
    ranged(key("queryCoord.reverseUnBalanceTolerationFactor", Kind::Float, "", CHOSEN, &[(v(2, 2, 7), float(1.3))]), REVERSE),
    // Shipped to this day, without effect since 2.4.6.
    key("queryCoord.growingRowCountWeight", Kind::Float, "", &[(v(2, 3, 7), v(2, 4, 5))], &[(v(2, 3, 7), float(4.0))]),
    // Shipped with 2.3.19, as its label says; what 2.3.16 to 2.3.22 do with it was read nowhere, so that they
    // behave as 2.3.15 does, which has none.
    key(
        "queryCoord.delegatorMemoryOverloadFactor", Kind::Float, "", &[(v(2, 4, 6), END)],
        &[(v(2, 3, 19), float(0.1)), (v(2, 4, 6), float(0.3)), (v(2, 4, 7), float(0.1))],
    ),
    key("queryCoord.collectionChannelCountFactor", Kind::Float, "", &[(v(2, 4, 18), END)], &[(v(2, 4, 18), float(10.0))]),
    key("queryCoord.rowCountFactor", Kind::Float, "", FROM_2_4, &[(v(2, 4, 0), float(0.4))]),
    key("queryCoord.segmentCountFactor", Kind::Float, "", FROM_2_4, &[(v(2, 4, 0), float(0.4))]),
    key("queryCoord.globalSegmentCountFactor", Kind::Float, "", FROM_2_4, &[(v(2, 4, 0), float(0.1))]),
    key("queryCoord.rowCountMaxSteps", Kind::Int, "", FROM_2_4, &[(v(2, 4, 0), int(50))]),
    key("queryCoord.segmentCountMaxSteps", Kind::Int, "", FROM_2_4, &[(v(2, 4, 0), int(50))]),
    key("queryCoord.randomMaxSteps", Kind::Int, "", FROM_2_4, &[(v(2, 4, 0), int(10))]),
    key("queryCoord.balanceCostThreshold", Kind::Float, "", FROM_2_4, &[(v(2, 4, 0), float(0.001))]),
    key(
        "queryCoord.channelExclusiveNodeFactor", Kind::Int, "", &[(v(2, 4, 2), END)],
        &[(v(2, 4, 2), int(4)), (v(2, 6, 20), int(3))],
    ),
    // From 2.5.13 on read only where the two keys below are not set.
    key("queryCoord.collectionBalanceSegmentBatchSize", Kind::Int, "", &[(v(2, 4, 7), END)], &[(v(2, 4, 7), int(5))]),
    key("queryCoord.collectionBalanceChannelBatchSize", Kind::Int, "", &[(v(2, 4, 18), END)], &[(v(2, 4, 18), int(1))]),
    falling_back(
        key("queryCoord.balanceSegmentBatchSize", Kind::Int, "", FROM_2_5_13, &[(v(2, 5, 13), int(5))]),
        "queryCoord.collectionBalanceSegmentBatchSize",
    ),
    falling_back(
        key("queryCoord.balanceChannelBatchSize", Kind::Int, "", FROM_2_5_13, &[(v(2, 5, 13), int(1))]),
        "queryCoord.collectionBalanceChannelBatchSize",
    ),
    key("queryCoord.enableBalanceOnMultipleCollections", Kind::Bool, "", FROM_2_5_13, &[(v(2, 5, 13), bool(true))]),
    key(
        "queryCoord.balanceCheckCollectionMaxCount", Kind::Int, "", &[(v(2, 5, 19), last(2, 5)), (v(2, 6, 3), END)],
        &[(v(2, 5, 19), int(100))],
    ),
    key(
        "queryCoord.balanceTriggerOrder", Kind::Text, "", &[(v(2, 5, 8), v(2, 5, 18)), (v(2, 6, 0), v(2, 6, 2))],
        &[(v(2, 5, 8), text("ByRowCount"))],
    ),
    key("queryCoord.enableStoppingBalance", Kind::Bool, "", FROM_2_4, &[(v(2, 4, 0), bool(true))]),
    key("queryCoord.stoppingBalanceAssignPolicy", Kind::Text, "", &[(v(2, 6, 10), END)], &[(v(2, 6, 10), text("ScoreBased"))]),
    // What 2.0 and 2.1 balance by; later releases ship them and read them nowhere.
    key("queryCoord.memoryUsageMaxDifferencePercentage", Kind::Int, "%", &[(FIRST, LAST_2_1)], &[(FIRST, int(30))]),
    key("queryCoord.overloadedMemoryThresholdPercentage", Kind::Int, "%", &[(FIRST, END)], &[(FIRST, int(90))]),
];
