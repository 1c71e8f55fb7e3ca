//! What some releases do and others do not: one name for each behaviour.

/// A behaviour that some releases have and others have not.
///
/// Up to [`Quirk::OnlyMemoryUsage`] the numbers are the rows of the quirk table of the 2.0/2.1
/// specification (section 19) or the topic of its comparison of both lines (section 22). From
/// [`Quirk::BalancerIsChosen`] on they are sections of the specification of 2.2 and later, `Q` the
/// rows of its quirk table (section 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Q1: the minimum of the segment pick is never lowered, so the last qualifying segment wins.
    MinimumNeverLowered,
    /// Q2: an empty source reports "insufficient memory".
    EmptySourceIsInsufficient,
    /// Q6: the queue-empty test of a round ignores the task that is running.
    QueueTestIgnoresRunningTask,
    /// Q8: a rescheduled child forgets the destination list of the request.
    RescheduleForgetsDestinations,
    /// Q9: a blank segment list takes the segments of all collections on the source.
    BlankListTakesAllCollections,
    /// Q10: an error of the validation step is recorded twice.
    ValidationErrorTwice,
    /// Q14: a failed recovery of a lost node writes its segment metadata all the same.
    FailedRecoveryWritesMetadata,
    /// Q18: the segment listing fails while any registered node is offline.
    ListingFailsWhileNodeOffline,
    /// Q20: sealed rows of the segment listing have no memory size.
    ListingWithoutMemorySize,
    /// Q25: a lost node stays in the replica's node list until its recovery has ended.
    LostNodeStaysInReplica,
    /// Q28: free memory is an unsigned subtraction that wraps.
    FreeMemoryWraps,
    /// Q29: one insufficiency discards the plan of the whole round.
    InsufficiencyDropsWholePlan,
    /// Section 22, unit: the whole cluster and all its collections are balanced at once.
    BalancesWholeCluster,
    /// Section 22, tick: a round is given up while trigger tasks wait.
    WaitsForEmptyTriggerQueue,
    /// Section 22, manual API: `load_balance` takes a collection name and checks replicas first.
    LoadBalanceNamesCollection,
    /// Section 22, query node check: the largest segment counts once for every concurrent loader.
    LoadCheckCountsConcurrency,
    /// Section 16, 2.0.0 only: each segment is checked with its own size added once more.
    LoadCheckPerSegment,
    /// Section 22, offline recovery: every lost node is tried again each 100 ms until done.
    RecoveryRetriesUntilDone,
    /// Sections 14 and 22: a collection is loaded once; replicas came with 2.1.
    SingleReplica,
    /// Resource groups, suspended nodes and read-only nodes of a replica came with 2.2.3 and later.
    NoResourceGroups,
    /// Section 13: a node that is told to stop loses its session at once; nothing is drained.
    StopsWithoutDraining,
    /// Operators can load, release and `load_balance`; transfers and suspensions came later.
    LoadBalanceIsOnlyManualMove,
    /// Section 3: there is no choice of balancer; the rule built in is called `MemoryUsage` here.
    OnlyMemoryUsage,
    /// Section 2.1: `queryCoord.balancer` chooses; before, the row-count rule is hard-wired.
    BalancerIsChosen,
    /// Section 2.1, note: an unknown balancer name quietly means the row-count rule.
    UnknownBalancerIsRowCount,
    /// Section 2.1, note: the balancer is looked up by its key at each use.
    BalancerSwitchesAtRunTime,
    /// Section 2.1: the multi-target balancer exists.
    ShipsMultiTarget,
    /// Section 2.1: the channel-level score balancer exists.
    ShipsChannelLevelScore,
    /// Section 2.1: the channel-level score balancer is the default.
    ChannelLevelScoreIsDefault,
    /// Section 5.1: `channelExclusiveNodeFactor` is 3 by default instead of 4.
    ExclusiveFromThreeNodes,
    /// Section 5: three score factors are clamped when read.
    FactorsClamped,
    /// Section 5: configuration is read once, at start.
    ConfigReadOnce,
    /// Section 3: every segment of the distribution may be moved.
    AnySegmentMovable,
    /// Section 3: a segment may be moved when it is in the current target.
    MovableInCurrentTarget,
    /// Section 3: a segment may be moved when it is in the current and in the next target.
    MovableInBothTargets,
    /// Section 3: the normal plan of the score rule has no target filter.
    ScoreMovesUntargeted,
    /// Section 3: draining by the score rule looks at the current target alone.
    ScoreDrainsCurrentTarget,
    /// Section 3: the normal plan of the score rule does not move level-zero segments.
    ScoreLeavesLevelZero,
    /// Section 3: level-zero segments are never moved.
    LevelZeroNotMovable,
    /// Section 3: a picked segment with other than one copy is dropped (row count).
    RedundancyFilter,
    /// Q8: the redundancy filter counts copies over the cluster, not within the replica.
    RedundancyCountsCluster,
    /// Section 7.0: an unforced assignment takes only nodes in state Normal.
    UnforcedNeedsNormalNodes,
    /// Section 7.0: even a forced assignment takes no stopping node.
    ForcedSkipsStoppingNodes,
    /// Section 7.0: a forced assignment of the round-robin rule takes no stopping node.
    ForcedRoundRobinSkipsStoppingNodes,
    /// Section 7.0: an unforced assignment takes no node marked resource-exhausted.
    ExhaustedNodesExcluded,
    /// Section 7.0: the row rules give channels, unforced, only to nodes newer than 2.3.
    ChannelsNeedNewerNodes,
    /// Section 7.0: with streaming on, forced channels of the score rule may go to any node.
    ForcedScoreChannelsGoAnywhere,
    /// Section 7.0: the number of segment plans of one assignment is limited.
    SegmentBatchLimit,
    /// Q2: the batch limit gives one plan more than it says.
    BatchLimitGivesOneMore,
    /// Section 7.0: the limit also binds forced assignments of the score rule.
    ForcedScoreHasBatchLimit,
    /// Section 7.0: the limit also binds forced assignments of row count and round robin.
    ForcedRowRulesHaveBatchLimit,
    /// Section 8.3: picking surplus segments leaves a node once a batch is full.
    PickingStopsAtBatch,
    /// Section 8.1: the round-robin balancer balances.
    RoundRobinBalances,
    /// Q5: round robin adds pending rows to a segment count.
    RoundRobinAddsPendingRows,
    /// Section 7.1: round robin puts a channel on the node that owns its write-ahead log.
    RoundRobinPrefersWalNodes,
    /// Section 8.2: the row-count rule fills up the need of nodes below average (Q19).
    RowCountByNeed,
    /// Section 8.2: the row-count rule walks segments by a running sum.
    RowCountByRunningSum,
    /// Section 8.0: the row-count balancer needs two replica nodes.
    RowCountNeedsTwoNodes,
    /// Section 8.0: segments and channels of leaving nodes are planned in the same round.
    DrainKindsTogether,
    /// Section 7.2: channels are assigned to the node with the fewest channels, not round robin.
    ChannelsByCount,
    /// Section 8.2: the average of channels counts those of all replicas.
    AverageCountsWholeCollection,
    /// Section 7.2, Q12: row count puts a channel on its write-ahead log's node, then in the heap twice.
    RowCountPrefersWalNodes,
    /// Section 8.3: the score rule moves from the highest to the lowest score, pair by pair.
    ScorePairsExtremes,
    /// Section 7: growing rows count as load.
    GrowingRowsCount,
    /// Section 7.3.1: growing rows are multiplied by `growingRowCountWeight`.
    GrowingRowsWeighted,
    /// Section 7.3.1: the delegator cost compounds, factor 0.3.
    DelegatorCostCompounds,
    /// Section 7.3.2: each delegator costs a share of the average or of the assigned score.
    DelegatorCost,
    /// Section 10.6: pending tasks count in rows and as load.
    PendingRowsCount,
    /// Q9: the source's score is not lowered while a round is planned, so it overshoots.
    SourceNotLowered,
    /// Section 4 and the recorded tests: nodes enter the heap in the order of the list given.
    HeapInOrderGiven,
    /// Section 4: an item has an assigned score, weighted by memory; priority is what exceeds it.
    ScoreIsWeighted,
    /// Section 4: the priority is truncated instead of rounded up.
    PriorityTruncates,
    /// Section 7.3.4: priorities after a move truncate the whole difference.
    BenefitTruncatesDifference,
    /// Q3: the toleration is a share of the target's priority, which is hardly ever above 0.
    TolerationIsDead,
    /// Section 7.3.5: the score rule assigns and balances channels by score.
    ChannelsByScore,
    /// Section 7.3.5: pending channels of the collection weigh like its channels.
    OwnPendingChannelsWeigh,
    /// Section 9: the score rule places channels of leaving nodes by score.
    DrainChannelsByScore,
    /// Section 7.3.5: an unforced channel assignment stops one past the channel batch size.
    ScoreBatchesChannels,
    /// Section 7.3.5, Q12: a move to the write-ahead log's node needs no benefit and re-enters the heap.
    WalNodeWaivesBenefit,
    /// Section 8.0: moves of segments and of channels of one collection exclude each other.
    MovesOfOneKind,
    /// Section 8.0: channels are balanced, before segments.
    BalancesChannels,
    /// Section 9: each balancer drains leaving nodes itself.
    DrainsInBalancer,
    /// Section 8.0: `enableStoppingBalance` exists.
    DrainSwitch,
    /// Section 8.0: channels and segments are judged apart whether nodes leave.
    DrainJudgedApart,
    /// Section 9: a balancer of its own drains, whatever balancer is configured (Q13).
    StoppingBalancer,
    /// Section 2.2: replicas keep read-write and read-only nodes.
    ReadOnlyNodes,
    /// Sections 2.2 and 11.2: resource groups declare requests and limits, and are repaired on change.
    GroupsAreDeclared,
    /// Milvus's release notes of 2.4.13: loaded collections can be given other replicas.
    ReplicasChangeWhileLoaded,
    /// Section 12.4: transferring a replica of a collection that is not loaded has code 101.
    UnloadedTransferHasCode,
    /// Section 16: a read-write node in state Stopping counts as leaving.
    StoppingNodesLeave,
    /// Section 8.5: left-over nodes of an exclusive replica are given to channels.
    ExclusiveSpreadsLeftovers,
    /// Q7: with streaming on, exclusive mode takes channel holders for leaving nodes and never evens.
    ExclusiveStarves,
    /// Section 8.5: exclusive lists are filled when channels are registered.
    ExclusiveListsAtRegistration,
    /// Q1: `autoBalance` is ignored.
    AutoBalanceIgnored,
    /// Section 2.2: leaving nodes are not drained.
    NothingDrained,
    /// Recorded on 2.2.4: with `autoBalance` off nothing is drained either.
    DrainsOnlyWithAutoBalance,
    /// Section 2.2: when no node remains, everything of the replica is released.
    EmptyReplicaReleased,
    /// Section 6.1: one loop runs all checkers.
    OneCheckerLoop,
    /// Section 6.1: a round accepts at most 256 tasks.
    TasksPerRoundCapped,
    /// Section 6.1: after the first kick every checker runs each `checkInterval`.
    BalanceTickIsCheckInterval,
    /// Section 6.1: a manual kick restarts the ticker of each checker.
    KickRestartsTicker,
    /// Section 6.3: one collection per tick, in rounds.
    RoundsByCollection,
    /// Section 6.3: several collections per tick, in rounds.
    RoundsOfManyCollections,
    /// Section 6.3: collections wait in a priority queue.
    CollectionQueue,
    /// Q6: the collection priority has no effect on the queue.
    CollectionPriorityDead,
    /// Section 6.3: collections are sorted by `balanceTriggerOrder`.
    RoundOrderByRows,
    /// Q14: replicas with stopping nodes block normal balance even if nothing can be moved.
    StoppingReplicasBlock,
    /// Section 2.2: draining needs metadata and a target.
    StoppingNeedsTarget,
    /// Section 6.3: no normal balance while the scheduler holds a segment task.
    WaitsForSegmentTasks,
    /// Section 6.3: a tick goes on with the next collection until one yields plans.
    RoundGoesOnUntilPlan,
    /// Section 6.3: normal balance needs ready current targets.
    NeedsReadyTargets,
    /// Section 6.3: normal balance of a collection needs all its channels serviceable.
    NeedsServiceableChannels,
    /// Section 6.3: `autoBalanceInterval` spaces normal balance.
    SpacedByAutoBalanceInterval,
    /// Section 6.3: only an attempt that yields tasks starts the interval anew.
    SpacedOnlyAfterPlans,
    /// Section 6.3: a deactivated balance checker does not drain either.
    InactiveCheckerDrainsNothing,
    /// Section 11.4: a suspended node has a state of its own and keeps what it has.
    SuspendedState,
    /// Section 11.4: a suspended node leaves its resource group and is drained.
    SuspendDrains,
    /// Section 12.3: segments and channels can be transferred, nodes and balance suspended.
    TransfersSegments,
    /// Section 6.4: what checkers load anew is assigned by force.
    NewLoadsAreForced,
    /// Q18: what checkers load anew goes round robin, whatever balancer is configured.
    NewLoadsRoundRobin,
    /// Q15: without destinations `load_balance` may send a segment to its own node.
    SourceMayStayDestination,
    /// Section 6.4: the segment checker skips unchanged collections.
    SegmentCheckerSkipsUnchanged,
    /// Section 6.4: loads carry a priority by scenario.
    LoadPriorities,
    /// Q4: pending rows of all collections together are always 0.
    PendingTotalDead,
    /// Section 2.2: pending rows can leak when a target changes in between.
    PendingRowsLeak,
    /// Section 10.6: pending rows are those at the creation of the task.
    PendingRowsFrozen,
    /// Section 10.6: an action whose effect the distribution shows is no longer pending.
    PendingSeesDistribution,
    /// Section 10.4: a load ends when a delegator's view shows it.
    ActionEndsInDelegatorView,
    /// Section 10.4: an action ends when the call has returned and the distribution shows it.
    ActionEndsInDistribution,
    /// Section 10.3: each node's tasks advance by a ticker of their own.
    DispatchLoop,
    /// Section 5.1: a finished action brings an extra early pull.
    EarlyPull,
    /// Section 5.2: load requests of one node are merged.
    LoadsMerged,
    /// Recorded on 2.3.0: a node refuses loads while it reads as many files as its pool has workers.
    LoadsLimitedByFiles,
    /// Section 10.4: a move fails when the shard leader that loaded is not the one that would release.
    LeaderChangeFailsMove,
    /// Section 10.7: the number of actions running on a node has no cap.
    ExecutionUncapped,
    /// Section 10.7: the cap lets one action more run than it says.
    ExecutionCapGivesOneMore,
    /// Section 10.7: the cap follows the node's CPU count.
    ExecutionCapByCpu,
    /// Section 10.7: channel actions and others have pools of their own.
    ExecutionPoolsSplit,
    /// Section 10.5: a load towards a read-only node is dropped.
    ReadOnlyGrowIsStale,
    /// Section 13: a refused load marks its node as resource-exhausted.
    ExhaustionMark,
    /// Recorded on 2.3.0: a new node is taken up 3 s after its start.
    NodeUpWaitsForHealth,
    /// Recorded on 2.2.16: a restarted coordinator takes stopping nodes for normal ones.
    RestartForgetsStopping,
    /// milvus-io/milvus#38606: the target that a restarted coordinator recovers has no row counts, and nodes
    /// without a change since are not asked for theirs again (#32814).
    RestartForgetsRows,
    /// Section 3: channels live on streaming nodes only.
    StreamingNodes,
    /// Section 3: level-zero segments are not in the distribution.
    LevelZeroHidden,
    /// Section 5.1: the balance checker (in 2.2 the only loop) runs every 10 s.
    BalanceChecksEvery10s,
    /// Section 5.1: the balance checker runs every 3 s.
    BalanceChecksEvery3s,
    /// Section 5.1: 20 concurrent actions per CPU instead of one.
    LoadsTwentyPerCpu,
    /// Section 10.2: a load is turned away when the segment is there already.
    GrowsOnce,
    /// Section 10.5: a task is kept while its segment is in either target.
    StaleByEitherTarget,
    /// Recorded on 2.3.0: clients see code 0, and errors print their fields first.
    ErrorFieldsFirst,
    /// Recorded on 2.2.4: an unknown collection is named without its database.
    NamesWithoutDatabase,
    /// Recorded on 2.3.4 and 2.3.5: a collection that is not loaded is tried again for 52.6 s.
    NotLoadedIsRetried,
    /// Section 12.2: a segment that is not on the source has code 600.
    SegmentNotFoundHasCode,
    /// Section 12.2: the source must be a read-write node of its replica.
    SourceMustBeReadWrite,
    /// Section 13: a load that a node's disk has no room for is refused with a code of its own.
    DiskRefusalHasCode,
    /// Section 13: the estimate of a load is multiplied by `loadMemoryUsageFactor`.
    LoadEstimateHasFactor,
    /// Section 13: a refused load names what is free and the largest memory of a segment.
    RefusalNamesFreeMemory,
}
