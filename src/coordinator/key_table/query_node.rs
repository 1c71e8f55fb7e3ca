//! Keys of the query node: what it accepts, and how long it may take to stop.

use super::{END, FIRST, FROM_2_2, FROM_2_3, bool, falling_back, float, int, key, v};
use crate::coordinator::keys::{Key, Kind};

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("queryNode.loadMemoryUsageFactor", Kind::Float, "", FROM_2_2, &[(v(2, 2, 0), float(3.0)), (v(2, 3, 0), float(1.0))]),
    key("queryNode.maxDiskUsagePercentage", Kind::Int, "%", FROM_2_2, &[(v(2, 2, 0), int(95))]),
    key("queryNode.segcore.interimIndex.enableIndex", Kind::Bool, "", FROM_2_3, &[(v(2, 3, 0), bool(true))]),
    key("queryNode.segcore.interimIndex.memExpansionRate", Kind::Float, "", FROM_2_3, &[(v(2, 3, 0), float(1.15))]),
    key("queryNode.segcore.tieredStorage.evictionEnabled", Kind::Bool, "", &[(v(2, 6, 0), END)], &[(v(2, 6, 0), bool(false))]),
    // Recorded: 2.2.4 gives a node that stops 30 s, 2.2.16 more than 100 s; the file of 2.3.5 says 1,800 s.
    key("common.gracefulStopTimeout", Kind::Int, "s", FROM_2_2, &[(v(2, 2, 0), int(30)), (v(2, 2, 7), int(1800))]),
    // Recorded: 60 s in 2.2.4 and 2.3.0, 20 s in 2.2.16, 30 s from 2.3.4 on. Nothing is recorded of 2.0 and 2.1.
    key(
        "common.session.ttl", Kind::Int, "s", FROM_2_2,
        &[(FIRST, int(60)), (v(2, 2, 16), int(20)), (v(2, 3, 0), int(60)), (v(2, 3, 4), int(30))],
    ),
    falling_back(
        key("queryNode.gracefulStopTimeout", Kind::Int, "s", FROM_2_3, &[(v(2, 3, 0), int(1800))]),
        "common.gracefulStopTimeout",
    ),
];
