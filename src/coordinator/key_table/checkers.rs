//! Keys of QueryCoord's clocks: how often it looks, and at what.

use super::{
    END, FIRST, FROM_2_2, FROM_2_3, LAST_2_1, NOBODY, Spans, bool, fixed_ticker, int, key, last, ticker, v,
};
use crate::coordinator::keys::{Key, Kind};

const WITH_GROUPS: Spans = &[(v(2, 2, 3), END)];

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    fixed_ticker("queryCoord.balanceIntervalSeconds", "s", &[(FIRST, LAST_2_1)], &[(FIRST, int(60))]),
    // 2.3.0 takes the balance tick from checkChannelInterval by mistake.
    ticker(
        "queryCoord.checkBalanceInterval", "ms", &[(v(2, 3, 1), END)],
        &[(v(2, 3, 0), int(10_000)), (v(2, 4, 1), int(3000)), (v(2, 5, 8), int(300))],
    ),
    key(
        "queryCoord.autoBalanceInterval", Kind::Int, "ms", &[(v(2, 4, 23), last(2, 4)), (v(2, 5, 8), END)],
        &[(v(2, 4, 23), int(3000))],
    ),
    ticker("queryCoord.checkSegmentInterval", "ms", FROM_2_3, &[(v(2, 3, 0), int(1000))]),
    ticker("queryCoord.checkChannelInterval", "ms", FROM_2_3, &[(v(2, 3, 0), int(10_000)), (v(2, 3, 1), int(1000))]),
    ticker("queryCoord.checkIndexInterval", "ms", FROM_2_3, &[(v(2, 3, 0), int(10_000))]),
    // In 2.2 the one loop of all checkers; later that of the checkers without a key of their own.
    ticker(
        "queryCoord.checkInterval", "ms", FROM_2_2,
        &[(v(2, 2, 0), int(1000)), (v(2, 2, 7), int(10_000)), (v(2, 3, 0), int(1000))],
    ),
    ticker("queryCoord.distPullInterval", "ms", FROM_2_2, &[(v(2, 2, 0), int(500))]),
    ticker("queryCoord.dispatchInterval", "ms", &[(v(2, 6, 20), END)], &[(v(2, 6, 20), int(500))]),
    fixed_ticker("queryCoord.checkExecutedFlagInterval", "ms", &[(v(2, 4, 5), v(2, 6, 17))], &[(v(2, 4, 5), int(100))]),
    key("queryCoord.distRequestTimeout", Kind::Int, "ms", FROM_2_2, &[(v(2, 2, 0), int(5000))]),
    key("queryCoord.enableDataDistributionDelta", Kind::Bool, "", &[(v(3, 0, 0), END)], &[(v(3, 0, 0), bool(true))]),
    fixed_ticker("queryCoord.checkNodeInReplicaInterval", "s", FROM_2_2, &[(v(2, 2, 0), int(60))]),
    fixed_ticker("queryCoord.checkResourceGroupInterval", "s", WITH_GROUPS, &[(v(2, 2, 3), int(10))]),
    key("queryCoord.enableRGAutoRecover", Kind::Bool, "", WITH_GROUPS, &[(v(2, 2, 3), bool(true))]),
    fixed_ticker("queryCoord.UpdateNextTargetInterval", "s", FROM_2_2, &[(v(2, 2, 0), int(30)), (v(2, 3, 0), int(10))]),
    key("queryCoord.NextTargetSurviveTime", Kind::Int, "s", FROM_2_2, &[(v(2, 2, 0), int(300))]),
    key("queryCoord.updateTargetNeedSegmentDataReady", Kind::Bool, "", &[(v(2, 6, 8), END)], &[(v(2, 6, 8), bool(true))]),
    fixed_ticker("queryCoord.collectionObserverInterval", "ms", &[(v(2, 4, 4), END)], &[(v(2, 4, 4), int(200))]),
    fixed_ticker("queryCoord.leaderViewUpdateInterval", "s", FROM_2_2, &[(v(2, 2, 0), int(1))]),
    fixed_ticker("queryCoord.checkAutoBalanceConfigInterval", "s", &[(v(2, 3, 3), END)], &[(v(2, 3, 3), int(10))]),
    fixed_ticker("queryCoord.checkNodeSessionInterval", "s", &[(v(2, 3, 4), END)], &[(v(2, 3, 4), int(60))]),
    key("queryCoord.heartbeatAvailableInterval", Kind::Int, "ms", &[(v(2, 2, 1), v(2, 3, 0))], &[(v(2, 2, 1), int(10_000))]),
    key("queryCoord.autoHandoff", Kind::Bool, "", &[(FIRST, LAST_2_1)], &[(FIRST, bool(true))]),
    key("queryCoord.checkHandoffInterval", Kind::Int, "ms", NOBODY, &[(v(2, 2, 0), int(5000))]),
    key("queryCoord.refreshTargetsIntervalSeconds", Kind::Int, "s", NOBODY, &[]),
];
