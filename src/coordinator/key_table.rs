//! Every configuration key of QueryCoord and the query node that some release reads or ships.

use super::keys::{Key, Kind, Shipped};
use crate::release::Release;

const fn v(major: u16, minor: u16, patch: u16) -> Release {
    Release::new(major, minor, patch)
}

const END: Release = v(u16::MAX, u16::MAX, u16::MAX);

const fn key(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    readers: &'static [(Release, Release)],
) -> Key {
    Key { name, kind, unit, readers, shipped: None }
}

const fn shipped(key: Key, shipped: Shipped) -> Key {
    Key { shipped: Some(shipped), ..key }
}

/// Sources: section 3 of the 2.0/2.1 specification and section 5 of the one for 2.2 and later, where the
/// first release is not known to the patch the first of its line.
pub(super) const TABLE: &[Key] = &[
    shipped(key("queryCoord.autoBalance", Kind::Bool, "", &[(v(2, 0, 0), END)]), Shipped::Bool(true)),
    shipped(
        key("queryCoord.balanceIntervalSeconds", Kind::Int, "s", &[(v(2, 0, 0), v(2, 1, 4))]),
        Shipped::Int(60),
    ),
    shipped(
        key("queryCoord.overloadedMemoryThresholdPercentage", Kind::Int, "%", &[(v(2, 0, 0), END)]),
        Shipped::Int(90),
    ),
    shipped(
        key("queryCoord.memoryUsageMaxDifferencePercentage", Kind::Int, "%", &[(v(2, 0, 0), v(2, 1, 4))]),
        Shipped::Int(30),
    ),
    shipped(key("queryCoord.autoHandoff", Kind::Bool, "", &[(v(2, 0, 0), v(2, 1, 4))]), Shipped::Bool(true)),
    key("queryCoord.autoBalanceChannel", Kind::Bool, "", &[(v(2, 3, 4), END)]),
    key("queryCoord.balancer", Kind::Text, "", &[(v(2, 2, 7), END)]),
    key("queryCoord.globalRowCountFactor", Kind::Float, "", &[(v(2, 2, 7), END)]),
    key("queryCoord.scoreUnbalanceTolerationFactor", Kind::Float, "", &[(v(2, 2, 7), END)]),
    key("queryCoord.reverseUnBalanceTolerationFactor", Kind::Float, "", &[(v(2, 2, 7), END)]),
    key("queryCoord.growingRowCountWeight", Kind::Float, "", &[(v(2, 3, 7), v(2, 4, 5))]),
    key(
        "queryCoord.delegatorMemoryOverloadFactor",
        Kind::Float,
        "",
        &[(v(2, 3, 19), v(2, 3, u16::MAX)), (v(2, 4, 6), END)],
    ),
    key("queryCoord.collectionChannelCountFactor", Kind::Float, "", &[(v(2, 4, 18), END)]),
    key("queryCoord.rowCountFactor", Kind::Float, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.segmentCountFactor", Kind::Float, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.globalSegmentCountFactor", Kind::Float, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.rowCountMaxSteps", Kind::Int, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.segmentCountMaxSteps", Kind::Int, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.randomMaxSteps", Kind::Int, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.balanceCostThreshold", Kind::Float, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.channelExclusiveNodeFactor", Kind::Int, "", &[(v(2, 4, 2), END)]),
    key("queryCoord.collectionBalanceSegmentBatchSize", Kind::Int, "", &[(v(2, 4, 7), END)]),
    key("queryCoord.collectionBalanceChannelBatchSize", Kind::Int, "", &[(v(2, 4, 18), END)]),
    key("queryCoord.balanceSegmentBatchSize", Kind::Int, "", &[(v(2, 5, 13), END)]),
    key("queryCoord.balanceChannelBatchSize", Kind::Int, "", &[(v(2, 5, 13), END)]),
    key("queryCoord.enableBalanceOnMultipleCollections", Kind::Bool, "", &[(v(2, 5, 13), END)]),
    key(
        "queryCoord.balanceCheckCollectionMaxCount",
        Kind::Int,
        "",
        &[(v(2, 5, 19), v(2, 5, u16::MAX)), (v(2, 6, 3), END)],
    ),
    key(
        "queryCoord.balanceTriggerOrder",
        Kind::Text,
        "",
        &[(v(2, 5, 8), v(2, 5, 18)), (v(2, 6, 0), v(2, 6, 2))],
    ),
    key("queryCoord.checkBalanceInterval", Kind::Int, "ms", &[(v(2, 3, 1), END)]),
    key(
        "queryCoord.autoBalanceInterval",
        Kind::Int,
        "ms",
        &[(v(2, 4, 23), v(2, 4, u16::MAX)), (v(2, 5, 8), END)],
    ),
    key("queryCoord.checkSegmentInterval", Kind::Int, "ms", &[(v(2, 3, 0), END)]),
    key("queryCoord.checkChannelInterval", Kind::Int, "ms", &[(v(2, 3, 0), END)]),
    key("queryCoord.checkIndexInterval", Kind::Int, "ms", &[(v(2, 3, 0), END)]),
    key("queryCoord.checkInterval", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.enableStoppingBalance", Kind::Bool, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.stoppingBalanceAssignPolicy", Kind::Text, "", &[(v(2, 6, 10), END)]),
    key("queryCoord.resourceExhaustionPenaltyDuration", Kind::Int, "s", &[(v(2, 6, 8), END)]),
    key("queryCoord.resourceExhaustionCleanupInterval", Kind::Int, "s", &[(v(2, 6, 8), END)]),
    key("queryCoord.taskExecutionCap", Kind::Int, "", &[(v(2, 2, 1), END)]),
    key("queryCoord.queryNodeTaskParallelismFactor", Kind::Float, "", &[(v(2, 6, 0), END)]),
    key("queryCoord.channelTaskCapFraction", Kind::Float, "", &[(v(2, 6, 13), END)]),
    key("queryCoord.segmentTaskTimeout", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.channelTaskTimeout", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.distPullInterval", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.dispatchInterval", Kind::Int, "ms", &[(v(2, 6, 20), END)]),
    key("queryCoord.checkExecutedFlagInterval", Kind::Int, "ms", &[(v(2, 4, 5), v(2, 6, 17))]),
    key("queryCoord.distRequestTimeout", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.enableDataDistributionDelta", Kind::Bool, "", &[(v(3, 0, 0), END)]),
    key("queryCoord.checkNodeInReplicaInterval", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.checkResourceGroupInterval", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.enableRGAutoRecover", Kind::Bool, "", &[(v(2, 2, 0), END)]),
    key("queryCoord.UpdateNextTargetInterval", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.NextTargetSurviveTime", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.updateTargetNeedSegmentDataReady", Kind::Bool, "", &[(v(2, 6, 8), END)]),
    key("queryCoord.loadTimeoutSeconds", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.collectionRecoverTimes", Kind::Int, "", &[(v(2, 3, 3), END)]),
    key("queryCoord.collectionObserverInterval", Kind::Int, "ms", &[(v(2, 4, 4), END)]),
    key("queryCoord.leaderViewUpdateInterval", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.brokerTimeout", Kind::Int, "ms", &[(v(2, 2, 0), END)]),
    key("queryCoord.checkAutoBalanceConfigInterval", Kind::Int, "s", &[(v(2, 3, 3), END)]),
    key("queryCoord.checkNodeSessionInterval", Kind::Int, "s", &[(v(2, 3, 4), END)]),
    key("queryCoord.gracefulStopTimeout", Kind::Int, "s", &[(v(2, 2, 0), END)]),
    key("queryCoord.clusterLevelLoadReplicaNumber", Kind::Int, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.clusterLevelLoadResourceGroups", Kind::Text, "", &[(v(2, 4, 0), END)]),
    key("queryCoord.clusterLevelLoadWaitRGReadyTimeout", Kind::Text, "", &[(v(2, 6, 0), END)]),
    key("queryCoord.checkHandoffInterval", Kind::Int, "ms", &[]),
    key("queryCoord.heartbeatAvailableInterval", Kind::Int, "ms", &[(v(2, 2, 1), v(2, 3, 0))]),
    key("queryCoord.taskMergeCap", Kind::Int, "", &[(v(2, 2, 0), v(2, 3, 0))]),
    key("queryCoord.refreshTargetsIntervalSeconds", Kind::Int, "s", &[]),
    key("queryNode.loadMemoryUsageFactor", Kind::Float, "", &[(v(2, 2, 0), END)]),
    key("queryNode.maxDiskUsagePercentage", Kind::Int, "%", &[(v(2, 2, 0), END)]),
    key("queryNode.segcore.interimIndex.enableIndex", Kind::Bool, "", &[(v(2, 3, 0), END)]),
    key("queryNode.segcore.interimIndex.memExpansionRate", Kind::Float, "", &[(v(2, 3, 0), END)]),
    key("queryNode.segcore.tieredStorage.evictionEnabled", Kind::Bool, "", &[(v(2, 6, 0), END)]),
];
