//! The keys that the coordinator of 2.2 and later reads, with what each release ships (section 5.1).

use crate::coordinator::keys::{self, Config, Value};
use crate::policy::parameters::Parameters;
use crate::policy::spec::Balancer;
use crate::release::{Quirk, Release};
use crate::units::SimDuration;

/// The configuration in force, as one release reads it.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    release: Release,
    config: &'a Config,
}

impl<'a> Settings<'a> {
    /// What `release` reads in `config`.
    pub fn of(release: Release, config: &'a Config) -> Settings<'a> {
        Settings { release, config }
    }

    fn flag(self, name: &str, default: bool) -> bool {
        match self.config.read(name) {
            Some(Value::Bool(value)) => *value,
            _ => default,
        }
    }

    fn int(self, name: &str, default: i64) -> i64 {
        match self.config.read(name) {
            Some(Value::Int(value)) => *value,
            _ => default,
        }
    }

    fn float(self, name: &str, default: f64) -> f64 {
        match self.config.read(name) {
            Some(Value::Float(value)) => *value,
            Some(Value::Int(value)) => *value as f64,
            _ => default,
        }
    }

    fn text(self, name: &str, default: &str) -> String {
        match self.config.read(name) {
            Some(Value::Text(value)) => value.clone(),
            _ => default.to_owned(),
        }
    }

    /// A period in milliseconds; a ticker of 0 would stop Milvus, here it is one of 1 ms.
    fn period(self, name: &str, default_ms: u64) -> u64 {
        u64::try_from(self.int(name, i64::try_from(default_ms).unwrap_or(i64::MAX))).unwrap_or(1).max(1)
    }

    /// Whether normal balance is on.
    pub fn auto_balance(self) -> bool {
        self.release.has(Quirk::AutoBalanceIgnored) || self.flag("queryCoord.autoBalance", true)
    }

    /// The balancer in force.
    pub fn balancer(self) -> Balancer {
        match self.config.read("queryCoord.balancer") {
            Some(Value::Text(name)) => Balancer::taken_for(self.release, name),
            _ => Balancer::default_of(self.release),
        }
    }

    /// Period of the balance checker.
    pub fn balance_period_ms(self) -> u64 {
        if self.release.has(Quirk::OneCheckerLoop) || self.release.has(Quirk::BalanceTickIsCheckInterval) {
            return self.loop_period_ms();
        }
        let default = if self.release.has(Quirk::BalanceChecksEvery10s) {
            10_000
        } else if self.release.has(Quirk::BalanceChecksEvery3s) {
            3_000
        } else {
            300
        };
        self.period("queryCoord.checkBalanceInterval", default)
    }

    /// Period of the single loop of 2.2, and of 2.3.0's checkers after the first kick.
    fn loop_period_ms(self) -> u64 {
        let is_slow = self.release.has(Quirk::BalanceChecksEvery10s);
        self.period("queryCoord.checkInterval", if is_slow { 10_000 } else { 1_000 })
    }

    /// Period of the segment checker.
    pub fn segment_period_ms(self) -> u64 {
        if self.release.has(Quirk::OneCheckerLoop) {
            return self.loop_period_ms();
        }
        self.period("queryCoord.checkSegmentInterval", 1_000)
    }

    /// Period of the channel checker.
    pub fn channel_period_ms(self) -> u64 {
        if self.release.has(Quirk::OneCheckerLoop) || self.release.has(Quirk::BalanceTickIsCheckInterval) {
            return self.loop_period_ms();
        }
        self.period("queryCoord.checkChannelInterval", 1_000)
    }

    /// Least spacing of normal balance; 0 where it is not spaced.
    pub fn auto_balance_interval_ms(self) -> u64 {
        if self.release.has(Quirk::SpacedByAutoBalanceInterval) {
            self.period("queryCoord.autoBalanceInterval", 3_000)
        } else {
            0
        }
    }

    /// Period of each node's report.
    pub fn pull_period_ms(self) -> u64 {
        self.period("queryCoord.distPullInterval", 500)
    }

    /// Period at which 2.4.5 to 2.6.17 look for actions that have finished.
    pub fn executed_period_ms(self) -> u64 {
        self.period("queryCoord.checkExecutedFlagInterval", 100)
    }

    /// Period of each node's scheduler pass.
    pub fn pass_period_ms(self) -> u64 {
        if self.release.has(Quirk::DispatchLoop) {
            self.period("queryCoord.dispatchInterval", 500)
        } else {
            self.pull_period_ms()
        }
    }

    /// Period of the target observer.
    pub fn target_period_ms(self) -> u64 {
        let default = if self.release.has(Quirk::OneCheckerLoop) { 30 } else { 10 };
        self.period("queryCoord.UpdateNextTargetInterval", default).saturating_mul(1_000)
    }

    /// Period of the replica observer.
    pub fn replica_period_ms(self) -> u64 {
        self.period("queryCoord.checkNodeInReplicaInterval", 60).saturating_mul(1_000)
    }

    /// Period of the resource observer.
    pub fn group_period_ms(self) -> u64 {
        self.period("queryCoord.checkResourceGroupInterval", 10).saturating_mul(1_000)
    }

    /// Whether groups below their capacity get nodes of the default group by themselves.
    pub fn refills_groups(self) -> bool {
        self.flag("queryCoord.enableRGAutoRecover", true)
    }

    /// How long a manual balance waits for its tasks.
    pub fn segment_task_timeout_ms(self) -> u64 {
        self.period("queryCoord.segmentTaskTimeout", 120_000)
    }

    /// How long a node stays marked as resource-exhausted.
    pub fn penalty_ms(self) -> u64 {
        let seconds = self.int("queryCoord.resourceExhaustionPenaltyDuration", 30);
        u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000)
    }

    /// Concurrent actions of a node with `cpu` CPUs: channel actions, and others (section 10.7). One pool
    /// twice where the release does not tell them apart.
    pub fn execution_caps(self, cpu: u32) -> (u64, u64) {
        let cap = self.int("queryCoord.taskExecutionCap", 256).max(0).unsigned_abs();
        let total = if self.release.has(Quirk::ExecutionUncapped) {
            u64::MAX
        } else if self.release.has(Quirk::ExecutionCapGivesOneMore) {
            cap + 1
        } else if self.release.has(Quirk::ExecutionCapByCpu) {
            let default = if self.release.has(Quirk::LoadsTwentyPerCpu) { 20.0 } else { 1.0 };
            let factor = self.float("queryCoord.queryNodeTaskParallelismFactor", default);
            (f64::from(cpu) * factor).ceil().max(0.0) as u64
        } else {
            cap
        };
        if !self.release.has(Quirk::ExecutionPoolsSplit) {
            return (total, total);
        }
        let fraction = self.float("queryCoord.channelTaskCapFraction", 0.3).clamp(0.0, 1.0);
        let channels = ((total as f64 * fraction).ceil() as u64).max(1);
        (channels, total.saturating_sub(channels).max(1))
    }

    /// How long a next target that is not reached is kept.
    pub fn next_target_survival(self) -> SimDuration {
        SimDuration::from_secs(self.period("queryCoord.NextTargetSurviveTime", 300))
    }

    /// How long a collection may load without progress.
    pub fn load_timeout(self) -> SimDuration {
        const KEY: &str = "queryCoord.loadTimeoutSeconds";
        SimDuration::from_secs(self.period(KEY, self.shipped(KEY, 600).unsigned_abs()))
    }

    /// How often a restarted coordinator takes an unfinished load up again.
    pub fn recover_times(self) -> i64 {
        const KEY: &str = "queryCoord.collectionRecoverTimes";
        self.int(KEY, self.shipped(KEY, 0))
    }

    /// What this release ships for a key; `default` where it has none.
    fn shipped(self, name: &str, default: i64) -> i64 {
        match keys::find(name).and_then(|key| key.default_of(self.release)) {
            Some(Value::Int(value)) => value,
            _ => default,
        }
    }

    /// How many loads of a node one request holds at most (section 5.2).
    pub fn task_merge_cap(self) -> usize {
        const KEY: &str = "queryCoord.taskMergeCap";
        if !self.release.has(Quirk::LoadsMerged) {
            return 1;
        }
        usize::try_from(self.int(KEY, self.shipped(KEY, 1))).unwrap_or(1).max(1)
    }

    /// Collections examined per tick (section 6.3).
    pub fn collections_per_tick(self) -> i64 {
        self.int("queryCoord.balanceCheckCollectionMaxCount", 100)
    }

    /// Whether a tick may plan for several collections.
    pub fn balances_many_collections(self) -> bool {
        self.flag("queryCoord.enableBalanceOnMultipleCollections", true)
    }

    /// Whether rounds go by descending rows instead of by id (section 6.3); so they do by an unknown order.
    pub fn orders_by_rows(self) -> bool {
        // Asked for wherever there are rounds, also where the queue is blind to the answer and the key inert.
        match self.config.value("queryCoord.balanceTriggerOrder") {
            Some(Value::Text(order)) => !order.eq_ignore_ascii_case("ByCollectionID"),
            _ => true,
        }
    }

    /// What query nodes check loads against, as a fraction.
    pub fn overload_threshold(self) -> f64 {
        self.int("queryCoord.overloadedMemoryThresholdPercentage", 90) as f64 / 100.0
    }

    /// What query nodes check their disks against, as a fraction.
    pub fn disk_threshold(self) -> f64 {
        self.int("queryNode.maxDiskUsagePercentage", 95) as f64 / 100.0
    }

    /// How long a query node that stops waits until it is empty.
    pub fn graceful_stop(self) -> SimDuration {
        let own = self.config.in_force(self.release, "queryNode.gracefulStopTimeout");
        let seconds = match own {
            Some(Value::Int(seconds)) => seconds,
            _ => self.int("common.gracefulStopTimeout", 1_800),
        };
        // Nobody waits for longer than a scenario may last.
        SimDuration::from_secs(u64::try_from(seconds).unwrap_or(0).min(1 << 32))
    }

    /// The parameters of the policies.
    pub fn parameters(self) -> Parameters {
        let shipped = Parameters::shipped(self.release);
        let float = |name: &str, default: f64| self.float(name, default);
        let int = |name: &str, default: i64| self.int(name, default);
        // Both keys have defaults, so the older one counts only where it alone is set.
        let batch = |new: &str, old: &str, default: i64| match self.config.in_force(self.release, new) {
            Some(Value::Int(size)) => size,
            _ => self.int(old, default),
        };
        Parameters {
            auto_balance_channel: self.flag("queryCoord.autoBalanceChannel", shipped.auto_balance_channel),
            global_row_count_factor: float(
                "queryCoord.globalRowCountFactor",
                shipped.global_row_count_factor,
            ),
            score_unbalance_toleration_factor: float(
                "queryCoord.scoreUnbalanceTolerationFactor",
                shipped.score_unbalance_toleration_factor,
            ),
            reverse_un_balance_toleration_factor: float(
                "queryCoord.reverseUnBalanceTolerationFactor",
                shipped.reverse_un_balance_toleration_factor,
            ),
            growing_row_count_weight: float(
                "queryCoord.growingRowCountWeight",
                shipped.growing_row_count_weight,
            ),
            delegator_memory_overload_factor: float(
                "queryCoord.delegatorMemoryOverloadFactor",
                shipped.delegator_memory_overload_factor,
            ),
            collection_channel_count_factor: float(
                "queryCoord.collectionChannelCountFactor",
                shipped.collection_channel_count_factor,
            ),
            row_count_factor: float("queryCoord.rowCountFactor", shipped.row_count_factor),
            segment_count_factor: float("queryCoord.segmentCountFactor", shipped.segment_count_factor),
            global_segment_count_factor: float(
                "queryCoord.globalSegmentCountFactor",
                shipped.global_segment_count_factor,
            ),
            row_count_max_steps: int("queryCoord.rowCountMaxSteps", shipped.row_count_max_steps),
            segment_count_max_steps: int("queryCoord.segmentCountMaxSteps", shipped.segment_count_max_steps),
            random_max_steps: int("queryCoord.randomMaxSteps", shipped.random_max_steps),
            balance_cost_threshold: float("queryCoord.balanceCostThreshold", shipped.balance_cost_threshold),
            channel_exclusive_node_factor: int(
                "queryCoord.channelExclusiveNodeFactor",
                shipped.channel_exclusive_node_factor,
            ),
            balance_segment_batch_size: batch(
                "queryCoord.balanceSegmentBatchSize",
                "queryCoord.collectionBalanceSegmentBatchSize",
                shipped.balance_segment_batch_size,
            ),
            balance_channel_batch_size: batch(
                "queryCoord.balanceChannelBatchSize",
                "queryCoord.collectionBalanceChannelBatchSize",
                shipped.balance_channel_batch_size,
            ),
            enable_stopping_balance: self
                .flag("queryCoord.enableStoppingBalance", shipped.enable_stopping_balance),
            stopping_balance_assign_policy: self
                .text("queryCoord.stoppingBalanceAssignPolicy", &shipped.stopping_balance_assign_policy),
        }
        .clamped(self.release)
    }
}
