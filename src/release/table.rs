//! The one table of what is peculiar to which release: from which to which, line by line.

use super::quirk::Quirk;
use super::version::Release;

/// The releases for which a quirk holds: closed spans, several where it differs by line.
pub(super) struct Row {
    pub(super) quirk: Quirk,
    pub(super) spans: &'static [(Release, Release)],
}

const fn v(major: u16, minor: u16, patch: u16) -> Release {
    Release::new(major, minor, patch)
}

/// Any patch of a line, known or not.
const fn last(major: u16, minor: u16) -> Release {
    Release::new(major, minor, u16::MAX)
}

const fn row(quirk: Quirk, spans: &'static [(Release, Release)]) -> Row {
    Row { quirk, spans }
}

const FIRST: Release = v(2, 0, 0);
const LAST_2_0: Release = v(2, 0, 2);
const FIRST_2_1: Release = v(2, 1, 0);
const LAST_2_1: Release = v(2, 1, 4);
const LAST: Release = Release::MASTER;

/// Sources: up to `OnlyMemoryUsage` `internal/querycoord` and `internal/querynode` of the 2.0 and 2.1
/// lines, as described in sections 6 to 16, 19 and 22 of their specification; from `BalancerIsChosen` on
/// `internal/querycoordv2`, as described in sections 2.2 and 15 of the specification of 2.2 and later and
/// corrected by recordings of real clusters and by Milvus's own tests.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    row(Quirk::MinimumNeverLowered, &[(FIRST, LAST_2_1)]),
    row(Quirk::EmptySourceIsInsufficient, &[(FIRST, LAST_2_1)]),
    row(Quirk::QueueTestIgnoresRunningTask, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::RescheduleForgetsDestinations, &[(FIRST, LAST_2_1)]),
    row(Quirk::BlankListTakesAllCollections, &[(FIRST, LAST_2_1)]),
    row(Quirk::ValidationErrorTwice, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::FailedRecoveryWritesMetadata, &[(FIRST, LAST_2_1)]),
    row(Quirk::ListingFailsWhileNodeOffline, &[(FIRST, LAST_2_1)]),
    row(Quirk::ListingWithoutMemorySize, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::LostNodeStaysInReplica, &[(FIRST, LAST_2_1)]),
    row(Quirk::FreeMemoryWraps, &[(FIRST, LAST_2_1)]),
    row(Quirk::InsufficiencyDropsWholePlan, &[(FIRST, LAST_2_0)]),
    row(Quirk::BalancesWholeCluster, &[(FIRST, LAST_2_0)]),
    row(Quirk::WaitsForEmptyTriggerQueue, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::LoadBalanceNamesCollection, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::LoadCheckCountsConcurrency, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::LoadCheckPerSegment, &[(FIRST, FIRST)]),
    row(Quirk::RecoveryRetriesUntilDone, &[(FIRST_2_1, LAST_2_1)]),
    row(Quirk::SingleReplica, &[(FIRST, LAST_2_0)]),
    row(Quirk::NoResourceGroups, &[(FIRST, v(2, 2, 2))]),
    row(Quirk::StopsWithoutDraining, &[(FIRST, LAST_2_1)]),
    row(Quirk::LoadBalanceIsOnlyManualMove, &[(FIRST, LAST_2_1)]),
    row(Quirk::OnlyMemoryUsage, &[(FIRST, LAST_2_1)]),
    row(Quirk::BalancerIsChosen, &[(v(2, 2, 7), LAST)]),
    row(Quirk::UnknownBalancerIsRowCount, &[(v(2, 2, 7), v(2, 4, 2))]),
    row(Quirk::BalancerSwitchesAtRunTime, &[(v(2, 4, 3), LAST)]),
    row(Quirk::ShipsMultiTarget, &[(v(2, 4, 0), LAST)]),
    row(Quirk::ShipsChannelLevelScore, &[(v(2, 4, 2), LAST)]),
    row(Quirk::ChannelLevelScoreIsDefault, &[(v(2, 6, 20), LAST)]),
    row(Quirk::ExclusiveFromThreeNodes, &[(v(2, 6, 20), LAST)]),
    row(Quirk::FactorsClamped, &[(v(2, 2, 0), v(2, 2, 16))]),
    row(Quirk::ConfigReadOnce, &[(v(2, 2, 0), v(2, 2, 16))]),
    row(Quirk::AnySegmentMovable, &[(v(2, 2, 0), v(2, 2, 0))]),
    row(Quirk::MovableInCurrentTarget, &[(v(2, 2, 1), v(2, 2, 6))]),
    row(Quirk::MovableInBothTargets, &[(v(2, 2, 7), v(2, 4, 6))]),
    row(Quirk::ScoreMovesUntargeted, &[(v(2, 2, 7), v(2, 3, 4))]),
    row(Quirk::ScoreDrainsCurrentTarget, &[(v(2, 2, 7), v(2, 3, 3))]),
    row(Quirk::ScoreLeavesLevelZero, &[(v(2, 3, 5), last(2, 3))]),
    row(Quirk::LevelZeroNotMovable, &[(v(2, 4, 0), last(2, 5))]),
    row(Quirk::RedundancyFilter, &[(v(2, 3, 0), LAST)]),
    row(Quirk::RedundancyCountsCluster, &[(v(2, 3, 0), last(2, 3))]),
    row(Quirk::UnforcedNeedsNormalNodes, &[(v(2, 3, 14), LAST)]),
    row(Quirk::ForcedSkipsStoppingNodes, &[(v(2, 2, 0), v(2, 4, 5))]),
    row(Quirk::ForcedRoundRobinSkipsStoppingNodes, &[(v(2, 2, 0), v(2, 6, 9))]),
    row(Quirk::ExhaustedNodesExcluded, &[(v(2, 6, 8), LAST)]),
    row(Quirk::ChannelsNeedNewerNodes, &[(v(2, 4, 0), v(2, 6, 9))]),
    row(Quirk::ForcedScoreChannelsGoAnywhere, &[(v(2, 6, 10), LAST)]),
    row(Quirk::SegmentBatchLimit, &[(v(2, 4, 7), LAST)]),
    row(Quirk::BatchLimitGivesOneMore, &[(v(2, 4, 7), v(2, 6, 9))]),
    row(Quirk::ForcedScoreHasBatchLimit, &[(v(2, 4, 7), v(2, 4, 17))]),
    row(Quirk::ForcedRowRulesHaveBatchLimit, &[(v(2, 4, 7), v(2, 6, 17))]),
    row(Quirk::PickingStopsAtBatch, &[(v(2, 4, 7), v(2, 4, 17))]),
    row(Quirk::RoundRobinBalances, &[(v(2, 6, 10), LAST)]),
    row(Quirk::RoundRobinAddsPendingRows, &[(v(2, 4, 6), v(2, 6, 19))]),
    row(Quirk::RoundRobinPrefersWalNodes, &[(v(2, 6, 10), LAST)]),
    row(Quirk::RowCountByNeed, &[(v(2, 2, 0), v(2, 2, 6))]),
    row(Quirk::RowCountByRunningSum, &[(v(2, 2, 7), v(2, 3, 3))]),
    row(Quirk::RowCountNeedsTwoNodes, &[(v(2, 2, 7), v(2, 4, 0))]),
    row(Quirk::DrainKindsTogether, &[(v(2, 2, 3), v(2, 3, 3))]),
    row(Quirk::ChannelsByCount, &[(v(2, 3, 4), LAST)]),
    row(Quirk::ChannelReceiversShuffled, &[(v(2, 3, 6), last(2, 5))]),
    row(Quirk::AverageCountsWholeCollection, &[(v(2, 3, 4), last(2, 3))]),
    row(Quirk::RowCountPrefersWalNodes, &[(v(2, 6, 0), LAST)]),
    row(Quirk::ScorePairsExtremes, &[(v(2, 2, 7), v(2, 3, 4))]),
    row(Quirk::GrowingRowsCount, &[(v(2, 3, 4), LAST)]),
    row(Quirk::GrowingRowsWeighted, &[(v(2, 3, 7), v(2, 4, 5))]),
    row(Quirk::DelegatorCostCompounds, &[(v(2, 4, 6), v(2, 4, 6))]),
    row(Quirk::DelegatorCost, &[(v(2, 4, 7), LAST)]),
    row(Quirk::PendingRowsCount, &[(v(2, 4, 6), LAST)]),
    row(Quirk::SourceNotLowered, &[(v(2, 3, 5), last(2, 3))]),
    row(Quirk::HeapInOrderGiven, &[(v(2, 2, 0), v(2, 4, 2))]),
    row(Quirk::ScoreIsWeighted, &[(v(2, 4, 13), LAST)]),
    row(Quirk::PriorityTruncates, &[(v(2, 4, 13), v(2, 4, 21)), (v(2, 5, 0), v(2, 5, 3))]),
    row(Quirk::BenefitTruncatesDifference, &[(v(2, 4, 13), v(2, 6, 9))]),
    row(Quirk::TolerationIsDead, &[(v(2, 4, 13), v(2, 6, 22)), (v(3, 0, 0), v(3, 0, 0))]),
    row(Quirk::ChannelsByScore, &[(v(2, 4, 18), LAST)]),
    row(Quirk::OwnPendingChannelsWeigh, &[(v(2, 4, 18), v(2, 6, 9))]),
    row(Quirk::DrainChannelsByScore, &[(v(2, 4, 22), last(2, 4)), (v(2, 5, 4), LAST)]),
    row(Quirk::ScoreBatchesChannels, &[(v(2, 4, 18), v(2, 6, 9))]),
    row(Quirk::WalNodeWaivesBenefit, &[(v(2, 6, 0), v(2, 6, 9))]),
    row(Quirk::MovesOfOneKind, &[(v(2, 4, 18), last(2, 4)), (v(2, 5, 0), v(2, 5, 12))]),
    row(Quirk::BalancesChannels, &[(v(2, 3, 4), LAST)]),
    row(Quirk::DrainsInBalancer, &[(v(2, 2, 3), v(2, 6, 9))]),
    row(Quirk::DrainSwitch, &[(v(2, 4, 0), LAST)]),
    row(Quirk::DrainJudgedApart, &[(v(2, 6, 0), v(2, 6, 9))]),
    row(Quirk::StoppingBalancer, &[(v(2, 6, 10), LAST)]),
    row(Quirk::ReadOnlyNodes, &[(v(2, 4, 1), LAST)]),
    row(Quirk::StoppingNodesLeave, &[(v(2, 2, 3), v(2, 4, 2))]),
    row(Quirk::ExclusiveSpreadsLeftovers, &[(v(2, 5, 16), last(2, 5)), (v(2, 6, 0), LAST)]),
    row(Quirk::ExclusiveStarves, &[(v(2, 6, 10), v(2, 6, 22)), (v(3, 0, 0), v(3, 0, 0))]),
    row(Quirk::ExclusiveListsAtRegistration, &[(v(2, 6, 11), LAST)]),
    row(Quirk::AutoBalanceIgnored, &[(v(2, 2, 0), v(2, 2, 2))]),
    row(Quirk::NothingDrained, &[(v(2, 2, 0), v(2, 2, 2))]),
    row(Quirk::DrainsOnlyWithAutoBalance, &[(v(2, 2, 3), v(2, 2, 6))]),
    row(Quirk::EmptyReplicaReleased, &[(v(2, 2, 3), v(2, 2, 3))]),
    row(Quirk::OneCheckerLoop, &[(v(2, 2, 0), v(2, 2, 16))]),
    row(Quirk::TasksPerRoundCapped, &[(v(2, 2, 0), v(2, 3, 3))]),
    row(Quirk::BalanceTickIsCheckInterval, &[(v(2, 3, 0), v(2, 3, 0))]),
    row(Quirk::KickRestartsTicker, &[(v(2, 3, 0), v(2, 6, 0))]),
    row(Quirk::RoundsByCollection, &[(v(2, 2, 7), v(2, 5, 12))]),
    row(Quirk::RoundsOfManyCollections, &[(v(2, 5, 13), v(2, 5, 18)), (v(2, 6, 0), v(2, 6, 2))]),
    row(Quirk::CollectionQueue, &[(v(2, 5, 19), last(2, 5)), (v(2, 6, 3), LAST)]),
    row(Quirk::CollectionPriorityDead, &[(v(2, 5, 19), last(2, 5)), (v(2, 6, 3), LAST)]),
    row(Quirk::RoundOrderByRows, &[(v(2, 5, 8), v(2, 5, 18)), (v(2, 6, 0), v(2, 6, 2))]),
    row(Quirk::StoppingReplicasBlock, &[(v(2, 2, 7), v(2, 5, 18)), (v(2, 6, 0), v(2, 6, 2))]),
    row(Quirk::StoppingNeedsTarget, &[(v(2, 3, 11), LAST)]),
    row(Quirk::WaitsForSegmentTasks, &[(v(2, 2, 7), v(2, 4, 10))]),
    row(Quirk::RoundGoesOnUntilPlan, &[(v(2, 4, 7), v(2, 5, 12))]),
    row(Quirk::NeedsReadyTargets, &[(v(2, 4, 19), last(2, 4)), (v(2, 5, 1), LAST)]),
    row(Quirk::NeedsServiceableChannels, &[(v(2, 6, 10), LAST)]),
    row(Quirk::SpacedByAutoBalanceInterval, &[(v(2, 4, 23), last(2, 4)), (v(2, 5, 8), LAST)]),
    row(Quirk::SpacedOnlyAfterPlans, &[(v(2, 5, 19), last(2, 5)), (v(2, 6, 3), v(2, 6, 10))]),
    row(Quirk::InactiveCheckerDrainsNothing, &[(v(2, 3, 14), v(2, 4, 1)), (v(2, 5, 19), v(2, 5, 19)), (v(2, 6, 3), v(2, 6, 3))]),
    row(Quirk::SuspendedState, &[(v(2, 3, 14), v(2, 4, 9))]),
    row(Quirk::SuspendDrains, &[(v(2, 4, 10), LAST)]),
    row(Quirk::TransfersSegments, &[(v(2, 3, 14), LAST)]),
    row(Quirk::NewLoadsAreForced, &[(v(2, 4, 18), LAST)]),
    row(Quirk::NewLoadsRoundRobin, &[(v(2, 6, 10), LAST)]),
    row(Quirk::SourceMayStayDestination, &[(v(2, 3, 15), LAST)]),
    row(Quirk::SegmentCheckerSkipsUnchanged, &[(v(2, 6, 12), LAST)]),
    row(Quirk::LoadPriorities, &[(v(2, 6, 11), LAST)]),
    row(Quirk::PendingTotalDead, &[(v(2, 4, 6), v(2, 4, 18)), (v(2, 5, 0), v(2, 5, 0))]),
    row(Quirk::PendingRowsLeak, &[(v(2, 5, 4), v(2, 5, 4))]),
    row(Quirk::PendingRowsFrozen, &[(v(2, 5, 5), LAST)]),
    row(Quirk::PendingSeesDistribution, &[(v(2, 6, 20), LAST)]),
    row(Quirk::ActionEndsInDelegatorView, &[(v(2, 2, 0), v(2, 4, 21)), (v(2, 5, 0), v(2, 5, 3))]),
    row(Quirk::ActionEndsInDistribution, &[(v(2, 6, 20), LAST)]),
    row(Quirk::DispatchLoop, &[(v(2, 6, 20), LAST)]),
    row(Quirk::EarlyPull, &[(v(2, 4, 5), v(2, 6, 17))]),
    row(Quirk::LoadsMerged, &[(v(2, 2, 0), v(2, 3, 0))]),
    row(Quirk::ExecutionUncapped, &[(v(2, 2, 0), v(2, 2, 0))]),
    row(Quirk::ExecutionCapGivesOneMore, &[(v(2, 2, 1), v(2, 2, 16))]),
    row(Quirk::ExecutionCapByCpu, &[(v(2, 6, 0), LAST)]),
    row(Quirk::ExecutionPoolsSplit, &[(v(2, 6, 13), LAST)]),
    row(Quirk::ReadOnlyGrowIsStale, &[(v(2, 6, 8), LAST)]),
    row(Quirk::ExhaustionMark, &[(v(2, 6, 8), LAST)]),
    row(Quirk::NodeUpWaitsForHealth, &[(v(2, 3, 0), v(2, 3, 0))]),
    row(Quirk::RestartForgetsStopping, &[(v(2, 2, 16), v(2, 2, 16))]),
    row(Quirk::StreamingNodes, &[(v(2, 6, 0), LAST)]),
    row(Quirk::LevelZeroHidden, &[(v(2, 6, 0), LAST)]),
];
