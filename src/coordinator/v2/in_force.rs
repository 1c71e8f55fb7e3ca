//! What is read at every turn, looked up once for each state of the configuration.

use super::settings::Settings;
use super::state::QueryCoordV2;
use crate::coordinator::keys::{Key, Origin, TakesEffect, Value};
use crate::policy::parameters::Parameters;
use crate::release::Quirk;
use crate::units::SimDuration;
use std::collections::BTreeMap;

/// Values of keys as one release reads them; made anew whenever the configuration in force changes.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The parameters of the policies.
    pub parameters: Parameters,
    /// Period of each node's report, in ms.
    pub pull_period_ms: u64,
    /// Period of the look for finished actions, in ms.
    pub executed_period_ms: u64,
    /// Period of each node's scheduler pass, in ms.
    pub pass_period_ms: u64,
    /// Period of the segment checker, in ms.
    pub segment_period_ms: u64,
    /// Period of the channel checker, in ms.
    pub channel_period_ms: u64,
    /// Period of the balance checker, in ms.
    pub balance_period_ms: u64,
    /// Period of the target observer, in ms.
    pub target_period_ms: u64,
    /// Period of the replica observer, in ms.
    pub replica_period_ms: u64,
    /// Whether normal balance is on.
    pub auto_balance: bool,
    /// Least spacing of normal balance, in ms; 0 where it is not spaced.
    pub auto_balance_interval_ms: u64,
    /// Whether rounds go by descending rows instead of by id.
    pub orders_by_rows: bool,
    /// Whether a tick may plan for several collections.
    pub balances_many_collections: bool,
    /// Collections examined per tick.
    pub collections_per_tick: i64,
    /// Most loads of a node in one request.
    pub task_merge_cap: usize,
    /// How long a next target that is not reached is kept.
    pub next_target_survival: SimDuration,
    /// How long a collection may load without progress.
    pub load_timeout: SimDuration,
    /// How long a node stays marked as resource-exhausted, in ms.
    pub penalty_ms: u64,
    /// What query nodes check loads against, as a fraction.
    pub overload_threshold: f64,
    /// What query nodes check their disks against, as a fraction.
    pub disk_threshold: f64,
    /// Concurrent actions (of channels, others) by a node's CPUs, as far as nodes with so many are known.
    caps: BTreeMap<u32, (u64, u64)>,
}

impl InForce {
    /// What these settings say.
    pub fn of(settings: Settings<'_>) -> InForce {
        InForce {
            parameters: settings.parameters(),
            pull_period_ms: settings.pull_period_ms(),
            executed_period_ms: settings.executed_period_ms(),
            pass_period_ms: settings.pass_period_ms(),
            segment_period_ms: settings.segment_period_ms(),
            channel_period_ms: settings.channel_period_ms(),
            balance_period_ms: settings.balance_period_ms(),
            target_period_ms: settings.target_period_ms(),
            replica_period_ms: settings.replica_period_ms(),
            auto_balance: settings.auto_balance(),
            auto_balance_interval_ms: settings.auto_balance_interval_ms(),
            orders_by_rows: settings.orders_by_rows(),
            balances_many_collections: settings.balances_many_collections(),
            collections_per_tick: settings.collections_per_tick(),
            task_merge_cap: settings.task_merge_cap(),
            next_target_survival: settings.next_target_survival(),
            load_timeout: settings.load_timeout(),
            penalty_ms: settings.penalty_ms(),
            overload_threshold: settings.overload_threshold(),
            disk_threshold: settings.disk_threshold(),
            caps: BTreeMap::new(),
        }
    }
}

impl QueryCoordV2 {
    /// The configuration file comes into force.
    pub(super) fn take_config(&mut self) {
        self.config = self.file.clone();
        self.config_changed();
    }

    /// A key has another value in the file; whether it is in force before the next restart (section 5). The
    /// ticker of a period that changed fires once more as it is armed.
    pub(super) fn take_key(&mut self, key: &'static Key, value: &Value) -> bool {
        self.file.declare(self.release, key, value.clone(), Origin::Scenario);
        if key.takes_effect(self.release) == TakesEffect::AtRestart {
            return false;
        }
        self.config.declare(self.release, key, value.clone(), Origin::Scenario);
        self.config_changed();
        true
    }

    fn config_changed(&mut self) {
        self.kept.clear();
        let cpus = std::mem::take(&mut self.in_force.caps).into_keys();
        self.in_force = InForce::of(Settings::of(self.release, &self.config));
        for cpu in cpus {
            self.know_cpu(cpu);
        }
        if self.release.has(Quirk::BalancerSwitchesAtRunTime) {
            self.choose_balancer();
        }
    }

    /// Nodes with `cpu` CPUs exist.
    pub(super) fn know_cpu(&mut self, cpu: u32) {
        let settings = Settings::of(self.release, &self.config);
        self.in_force.caps.entry(cpu).or_insert_with(|| settings.execution_caps(cpu));
    }

    /// Concurrent actions of a node with `cpu` CPUs: of channels, and others.
    pub(super) fn execution_caps(&self, cpu: u32) -> (u64, u64) {
        let known = self.in_force.caps.get(&cpu).copied();
        known.unwrap_or_else(|| self.settings().execution_caps(cpu))
    }
}
