//! The balance checker's tick: whose turn it is, by the gates of each release (sections 6.2 and 6.3).

use super::plans::Generated;
use super::rounds::{Limits, priority, rows_of, take_from_queue, work_through};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::coordinator::v2::ask::Asked;
use crate::coordinator::v2::state::QueryCoordV2;
use crate::coordinator::v2::tickers::after;
use crate::model::ids::{CollectionIndex, ReplicaIndex};
use crate::policy::plan::BalancePlan;
use crate::policy::reason::{Reason, ReasonCode};
use crate::release::Quirk;
use crate::units::{SimDuration, SimTime};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

/// What the balance checker remembers from tick to tick.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    /// Collections that had their turn in this round.
    pub normal_done: BTreeSet<CollectionIndex>,
    /// Collections that had their turn of draining in this round.
    pub stopping_done: BTreeSet<CollectionIndex>,
    /// Collections that wait for normal balance (2.5.19+, 2.6.3+).
    pub normal_queue: VecDeque<CollectionIndex>,
    /// Collections that wait for draining.
    pub stopping_queue: VecDeque<CollectionIndex>,
    /// `autoBalanceTs`; `None` = long ago.
    pub last: Option<SimTime>,
}

impl QueryCoordV2 {
    /// One tick.
    pub(in crate::coordinator::v2) fn check_balance(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.tickers.balance != Some(hearing.now) {
            return;
        }
        self.tickers.balance = None;
        self.settle_idle_ticks(hearing.now);
        self.tickers.uncounted_from = after(hearing.now);
        self.catch_up(hearing);
        if self.is_deaf() {
            self.tell_rest(ReasonCode::CheckerSuspended, outcome);
        } else {
            if self.release.has(Quirk::CollectionQueue) {
                self.queue_tick(hearing, outcome);
            } else if self.release.has(Quirk::RoundsOfManyCollections) {
                self.many_tick(hearing, outcome);
            } else if self.release.has(Quirk::RoundsByCollection) {
                self.round_tick(hearing, outcome);
            } else {
                self.plain_tick(hearing, outcome);
            }
        }
        self.tickers.is_balance_asked = false;
        self.arm_next_balance(hearing, outcome);
    }

    /// Whether the checker rests altogether.
    pub(super) fn is_deaf(&self) -> bool {
        !self.is_active && self.release.has(Quirk::InactiveCheckerDrainsNothing)
    }

    /// Tells why normal balance rests: once after anything changed, and at every tick while nodes are emptied.
    fn tell_rest(&self, code: ReasonCode, outcome: &mut Outcome) {
        if self.tickers.is_balance_asked {
            outcome.order(Order::Declined { replica: None, reason: Reason::plain(code) });
        }
    }

    /// The next tick that can change something.
    pub(in crate::coordinator::v2) fn arm_next_balance(
        &mut self,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let is_draining = self.any_leaving();
        let is_on = self.in_force.auto_balance && self.is_active;
        if is_draining || is_on {
            let mut from = after(hearing.now);
            let interval = self.in_force.auto_balance_interval_ms;
            let may_wait = !is_draining && !self.is_naive;
            if let (true, Some(last), true) = (may_wait, self.rounds.last, interval > 0) {
                from = from.max(after(last.saturating_add(SimDuration::from_ms(interval))));
            }
            self.arm_balance(from, outcome);
        } else if self.is_naive {
            self.arm_balance_tick(after(hearing.now), outcome);
        }
    }

    /// Whether normal balance may be tried; otherwise says why not.
    fn lets_normal(&mut self, outcome: &mut Outcome) -> bool {
        let code = if !self.is_active {
            ReasonCode::CheckerSuspended
        } else if !self.in_force.auto_balance {
            ReasonCode::AutobalanceOff
        } else {
            return true;
        };
        self.tell_rest(code, outcome);
        false
    }

    /// Whether enough time has passed since the last attempt; if so, this is one.
    pub(super) fn is_spaced(&self, hearing: Hearing<'_>) -> bool {
        let interval = self.in_force.auto_balance_interval_ms;
        interval == 0
            || self.rounds.last.is_none_or(|last| hearing.now.saturating_since(last).as_ms() > interval)
    }

    /// 2.2.0 to 2.2.6: every collection, every tick.
    fn plain_tick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.lets_normal(outcome) {
            return;
        }
        self.tell_unloaded(hearing, outcome);
        let replicas: Vec<ReplicaIndex> = self
            .loaded()
            .flat_map(|collection| hearing.cluster.collection(collection).replicas.clone())
            .collect();
        let planned: Vec<(bool, Vec<BalancePlan>)> = replicas
            .into_iter()
            .map(|replica| {
                let plans = self.plan_for(Asked::Configured, &[replica], hearing, outcome);
                (self.is_leaving(replica), plans)
            })
            .collect();
        for (is_leaving, plans) in planned {
            self.carry_plans(plans, is_leaving, hearing, outcome);
        }
    }

    /// 2.2.7 to 2.5.12: stopping replicas first, then one collection at a time.
    fn round_tick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let stopping = self.stopping_replicas(hearing);
        if !stopping.is_empty() {
            let plans = self.plan_for(Asked::Stopping, &stopping, hearing, outcome);
            self.carry_plans(plans, false, hearing, outcome);
            self.tell_draining(stopping.len() as f64, hearing, outcome);
            return;
        }
        let mut turn = self.first_of_tick(hearing, outcome);
        while let Some(replicas) = turn {
            let plans = self.plan_for(Asked::Configured, &replicas, hearing, outcome);
            let generated = self.carry_plans(plans, false, hearing, outcome);
            if !self.release.has(Quirk::RoundGoesOnUntilPlan) || !generated.is_none() {
                return;
            }
            turn = self.next_of_round(hearing);
        }
    }

    /// The replicas of the collection with which a tick of normal balance begins; `None` = there is none,
    /// or a gate is shut. A round that is over begins anew.
    pub fn first_of_tick(
        &mut self,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Option<Vec<ReplicaIndex>> {
        if !self.lets_normal(outcome) || !self.is_spaced(hearing) {
            return None;
        }
        let tasks = self.tasks.segment_tasks();
        if self.release.has(Quirk::WaitsForSegmentTasks) && tasks > 0 {
            let reason = Reason::compared(ReasonCode::SchedulerBusy, None, tasks as f64, 0.0);
            outcome.order(Order::Declined { replica: None, reason });
            return None;
        }
        self.rounds.last = Some(hearing.now);
        if self.rounds.normal_done.is_empty() {
            self.tell_unloaded(hearing, outcome);
        }
        self.next_of_round(hearing)
    }

    fn next_of_round(&mut self, hearing: Hearing<'_>) -> Option<Vec<ReplicaIndex>> {
        let order = self.round_order(self.loaded().collect());
        let done = &self.rounds.normal_done;
        let Some(collection) = order.into_iter().find(|collection| !done.contains(collection)) else {
            self.rounds.normal_done.clear();
            return None;
        };
        self.rounds.normal_done.insert(collection);
        Some(hearing.cluster.collection(collection).replicas.clone())
    }

    /// All replicas of loaded collections that have nodes to be emptied, where draining is on.
    pub fn stopping_replicas(&self, hearing: Hearing<'_>) -> Vec<ReplicaIndex> {
        let is_on = !self.release.has(Quirk::DrainSwitch) || self.in_force.parameters.enable_stopping_balance;
        let replicas = self.loaded().flat_map(|collection| &hearing.cluster.collection(collection).replicas);
        replicas.copied().filter(|replica| is_on && self.is_leaving(*replica)).collect()
    }

    /// Ascending collections in the order of their turns.
    fn round_order(&self, mut order: Vec<CollectionIndex>) -> Vec<CollectionIndex> {
        if self.release.has(Quirk::RoundOrderByRows) {
            let by_rows = self.in_force.orders_by_rows;
            order.sort_by_key(|collection| {
                let id = i64::from(collection.0);
                (priority(by_rows, id, rows_of(self, *collection)), *collection)
            });
        }
        order
    }

    /// 2.5.13 to 2.5.18 and 2.6.0 to 2.6.2: several collections in a tick, draining before evening.
    fn many_tick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let drains = self.in_force.parameters.enable_stopping_balance;
        if drains && self.many_pass(true, hearing, outcome) {
            self.tell_draining(self.stopping_replicas(hearing).len() as f64, hearing, outcome);
            return;
        }
        if self.lets_normal(outcome) && self.is_spaced(hearing) {
            self.rounds.last = Some(hearing.now);
            if self.rounds.normal_done.is_empty() {
                self.tell_unloaded(hearing, outcome);
            }
            self.many_pass(false, hearing, outcome);
        }
    }

    /// One pass over collections; whether there was any to look at. Its tasks are added once it is over, so
    /// that no collection sees what the ones before it in this tick will bring.
    fn many_pass(&mut self, is_draining: bool, hearing: Hearing<'_>, outcome: &mut Outcome) -> bool {
        let (segment_limit, channel_limit) = self.tick_limits();
        let mut generated = Generated::default();
        let mut plans = Vec::new();
        let mut is_first = true;
        loop {
            let is_full = generated.segments >= segment_limit || generated.channels >= channel_limit;
            let is_enough = !self.in_force.balances_many_collections && !generated.is_none();
            // The first is picked before anything is counted.
            if !is_first && (is_full || is_enough) {
                break;
            }
            let order = if is_draining { self.targeted().collect() } else { self.loaded().collect() };
            let next = self.round_order(order).into_iter().find_map(|collection| {
                let done = if is_draining { &self.rounds.stopping_done } else { &self.rounds.normal_done };
                let replicas = self.replicas_for(collection, is_draining, hearing);
                (!done.contains(&collection) && !replicas.is_empty()).then_some((collection, replicas))
            });
            let done =
                if is_draining { &mut self.rounds.stopping_done } else { &mut self.rounds.normal_done };
            let Some((collection, replicas)) = next else {
                done.clear();
                break;
            };
            done.insert(collection);
            is_first = false;
            let more = self.plan_for(Asked::Configured, &replicas, hearing, outcome);
            generated.add(Generated::of(&more));
            plans.extend(more);
        }
        self.carry_plans(plans, false, hearing, outcome);
        !is_first
    }

    /// The replicas of a collection that have their turn: all, or those that have nodes to be emptied.
    pub fn replicas_for<'a>(
        &self,
        collection: CollectionIndex,
        is_draining: bool,
        hearing: Hearing<'a>,
    ) -> Cow<'a, [ReplicaIndex]> {
        let replicas = &hearing.cluster.collection(collection).replicas;
        if !is_draining || replicas.iter().all(|replica| self.is_leaving(*replica)) {
            return Cow::Borrowed(replicas);
        }
        Cow::Owned(replicas.iter().copied().filter(|replica| self.is_leaving(*replica)).collect())
    }

    fn tick_limits(&self) -> (i64, i64) {
        let parameters = &self.in_force.parameters;
        (parameters.balance_segment_batch_size, parameters.balance_channel_batch_size)
    }

    /// 2.5.19 and later, 2.6.3 and later: collections wait in queues.
    fn queue_tick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.in_force.parameters.enable_stopping_balance {
            let drained = if self.is_naive || self.any_leaving() {
                self.queue_pass(true, hearing, outcome)
            } else {
                self.pass_over_queue(1);
                Generated::default()
            };
            if !drained.is_none() {
                self.rounds.normal_queue.clear();
                self.tell_draining((drained.segments + drained.channels) as f64, hearing, outcome);
                return;
            }
        }
        if !self.lets_normal(outcome) || !self.is_spaced(hearing) {
            return;
        }
        let generated = if self.is_calm_again(outcome) {
            Generated::default()
        } else {
            self.queue_pass(false, hearing, outcome)
        };
        if !generated.is_none() {
            self.rounds.stopping_queue.clear();
        }
        if !generated.is_none() || !self.release.has(Quirk::SpacedOnlyAfterPlans) {
            self.rounds.last = Some(hearing.now);
        }
    }

    fn queue_pass(&mut self, is_draining: bool, hearing: Hearing<'_>, outcome: &mut Outcome) -> Generated {
        let queue = if is_draining { &mut self.rounds.stopping_queue } else { &mut self.rounds.normal_queue };
        let mut queue = std::mem::take(queue);
        let (is_whole, asks) = (!is_draining && queue.is_empty(), self.kept.asks);
        if queue.is_empty() {
            if !is_draining {
                self.look_at_channels();
                self.tell_unready(hearing, outcome);
            }
            queue = self.build_queue(is_draining);
        }
        let generated = work_through(&mut queue, self.queue_limits(), |collection| {
            let replicas = self.replicas_for(collection, is_draining, hearing);
            let asked = if is_draining { Asked::Stopping } else { Asked::Configured };
            let plans = self.plan_for(asked, &replicas, hearing, outcome);
            self.carry_plans(plans, false, hearing, outcome)
        });
        if is_whole && queue.is_empty() && self.kept.asks == asks && !self.is_own {
            self.keep_calm(outcome);
        }
        *(if is_draining { &mut self.rounds.stopping_queue } else { &mut self.rounds.normal_queue }) = queue;
        generated
    }

    /// How much one tick does at most.
    pub fn queue_limits(&self) -> Limits {
        let (segments, channels) = self.tick_limits();
        Limits {
            segments,
            channels,
            collections: self.in_force.collections_per_tick,
            is_many: self.in_force.balances_many_collections,
        }
    }

    /// A new queue, in the order in which its collections will come.
    pub fn construct_queue(&self, is_draining: bool) -> VecDeque<CollectionIndex> {
        let mut queue = VecDeque::from(self.eligible(is_draining));
        // Equal priorities leave Milvus's heap first in, then last in first out (quirk Q6).
        take_from_queue(&mut queue);
        queue
    }

    /// What the checker remembers.
    pub fn rounds(&self) -> &Rounds {
        &self.rounds
    }
}
