//! Keys of tasks, loads, replicas and calls.

use super::{END, FROM_2_2, FROM_2_4, Spans, float, int, key, ranged, text, v};
use crate::coordinator::keys::{Key, Kind, Range};

const FROM_2_6_8: Spans = &[(v(2, 6, 8), END)];
const SHARE: Range = Range {
    holds: &[(v(2, 6, 13), END)],
    least: 0.0,
    is_least_allowed: true,
    below: 0.0,
    greatest: 1.0,
    above: 1.0,
};

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("queryCoord.resourceExhaustionPenaltyDuration", Kind::Int, "s", FROM_2_6_8, &[(v(2, 6, 8), int(30))]),
    key("queryCoord.resourceExhaustionCleanupInterval", Kind::Int, "s", FROM_2_6_8, &[(v(2, 6, 8), int(10))]),
    // From 2.6.0 on it counts only for a node that reports no CPUs.
    key(
        "queryCoord.taskExecutionCap", Kind::Int, "", &[(v(2, 2, 1), END)],
        &[(v(2, 2, 1), int(256)), (v(2, 6, 13), int(360))],
    ),
    key(
        "queryCoord.queryNodeTaskParallelismFactor", Kind::Float, "", &[(v(2, 6, 0), END)],
        &[(v(2, 6, 0), float(1.0)), (v(2, 6, 12), float(20.0))],
    ),
    ranged(key("queryCoord.channelTaskCapFraction", Kind::Float, "", &[(v(2, 6, 13), END)], &[(v(2, 6, 13), float(0.3))]), SHARE),
    key("queryCoord.segmentTaskTimeout", Kind::Int, "ms", FROM_2_2, &[(v(2, 2, 0), int(120_000))]),
    key("queryCoord.channelTaskTimeout", Kind::Int, "ms", FROM_2_2, &[(v(2, 2, 0), int(60_000))]),
    // Recorded: 2.2.4 merges up to 16 loads, 2.2.16 up to 8; in between 2.2.7 is a guess.
    key(
        "queryCoord.taskMergeCap", Kind::Int, "", &[(v(2, 2, 0), v(2, 3, 0))],
        &[(v(2, 2, 0), int(16)), (v(2, 2, 7), int(8)), (v(2, 3, 0), int(1))],
    ),
    // The file of 2.2.4 says 600, that of 2.2.16 1,800.
    key(
        "queryCoord.loadTimeoutSeconds", Kind::Int, "s", FROM_2_2,
        &[(v(2, 2, 0), int(600)), (v(2, 2, 5), int(1800)), (v(2, 3, 0), int(600))],
    ),
    key("queryCoord.collectionRecoverTimes", Kind::Int, "", &[(v(2, 3, 3), END)], &[(v(2, 3, 3), int(3))]),
    key("queryCoord.brokerTimeout", Kind::Int, "ms", FROM_2_2, &[(v(2, 2, 0), int(5000))]),
    key("queryCoord.gracefulStopTimeout", Kind::Int, "s", FROM_2_2, &[(v(2, 2, 0), int(5))]),
    key("queryCoord.clusterLevelLoadReplicaNumber", Kind::Int, "", FROM_2_4, &[(v(2, 4, 0), int(0))]),
    key("queryCoord.clusterLevelLoadResourceGroups", Kind::Text, "", FROM_2_4, &[(v(2, 4, 0), text(""))]),
    key(
        "queryCoord.clusterLevelLoadWaitRGReadyTimeout", Kind::Duration, "", &[(v(2, 6, 0), END)],
        &[(v(2, 6, 0), text("3m"))],
    ),
];
