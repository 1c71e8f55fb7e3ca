//! The automatic round: a tick of the clock, a plan for at most 20 collections, the moves one by one.
//!
//! Source: `internal/querycoord/query_coord.go` (`loadBalanceSegmentLoop`) of the 2.0 and 2.1 lines;
//! specification sections 7 and 22.

use super::settings::COLLECTIONS_PER_ROUND;
use super::state::QueryCoordV1;
use super::trigger_queue::{BalanceTask, TaskKind, TriggerTask};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveCause, MoveNumber, Order, Outcome, Turn};
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::memory_usage::{Candidate, Pick, PlannedMove, ReplicaPlan, Stop, balance_replica};
use crate::policy::reason::{Reason, ReasonCode};
use crate::release::Quirk;
use crate::units::SimDuration;
use smallvec::{SmallVec, smallvec};
use std::collections::VecDeque;

/// A round whose plan is being carried out.
#[derive(Debug, Clone)]
pub struct Round {
    /// Moves that have not been enqueued yet.
    pub waiting: VecDeque<RoundMove>,
}

/// A planned move of a round.
#[derive(Debug, Clone, Copy)]
pub struct RoundMove {
    /// Its number.
    pub number: MoveNumber,
    planned: PlannedMove,
}

/// The round's ticker: it fires by the clock from the start on, keeps its phase whatever rounds take, and
/// remembers one tick while a round is under way. Rounds never overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticker {
    remembers_tick: bool,
}

impl Ticker {
    /// It fires; true when a round starts. While one is under way the tick is remembered, or dropped if one
    /// is remembered already.
    pub fn fire(&mut self, is_round_under_way: bool) -> bool {
        self.remembers_tick |= is_round_under_way;
        !is_round_under_way
    }

    /// A round has ended; true when a remembered tick starts the next one at once.
    pub fn end_round(&mut self) -> bool {
        std::mem::take(&mut self.remembers_tick)
    }
}

impl QueryCoordV1 {
    /// The ticker fires.
    pub(super) fn tick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let period = SimDuration::from_secs(self.settings.balance_interval_seconds);
        outcome.order(Order::TurnAt { turn: Turn::BalanceTick, at: hearing.now + period });
        if self.ticker.fire(self.round.is_some()) {
            self.start_round(hearing, outcome);
        }
    }

    /// Trigger tasks that wait. The task that an idle scheduler takes at once does not count, nor the one
    /// that is running (quirk Q6).
    fn waiting_tasks(&self) -> usize {
        self.queue.len() - usize::from(self.running.is_none() && !self.queue.is_empty())
    }

    fn start_round(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let waiting = self.waiting_tasks();
        if self.release.has(Quirk::WaitsForEmptyTriggerQueue) && waiting > 0 {
            let reason = Reason::compared(ReasonCode::TriggerQueueBusy, None, waiting as f64, 0.0);
            outcome.order(Order::Declined { replica: None, reason });
            return;
        }
        self.figures.begin(hearing.cluster.nodes().len());
        self.scores.begin_round();
        let waiting = if self.release.has(Quirk::BalancesWholeCluster) {
            self.plan_cluster(hearing, outcome)
        } else {
            self.plan_collections(hearing, outcome)
        };
        if !waiting.is_empty() {
            self.round = Some(Round { waiting });
            self.next_round_move(hearing, outcome);
        }
    }

    /// Enqueues the next move of the round, or ends the round and takes up a remembered tick.
    pub(super) fn next_round_move(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(round) = &mut self.round else { return };
        let Some(RoundMove { number, planned }) = round.waiting.pop_front() else {
            self.round = None;
            if self.ticker.end_round() {
                self.start_round(hearing, outcome);
            }
            return;
        };
        let cluster = hearing.cluster;
        let balance = BalanceTask {
            sources: smallvec![cluster.node(planned.from).id],
            destinations: smallvec![cluster.node(planned.to).id],
            segments: smallvec![cluster.segments().id(planned.segment)],
            collection: None,
            planned: Some(number),
            cause: MoveCause::Balance,
            reason: planned.reason,
        };
        self.enqueue(TriggerTask { kind: TaskKind::Balance(balance), request: None }, hearing, outcome);
    }

    /// 2.1: at most 20 collections in drawn order, replica by replica, with shared memory figures.
    fn plan_collections(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) -> VecDeque<RoundMove> {
        let cluster = hearing.cluster;
        let is_loaded = |collection: &CollectionIndex| !cluster.collection(*collection).replicas.is_empty();
        let loaded = cluster.collection_indices().filter(is_loaded);
        let mut collections: SmallVec<[CollectionIndex; 8]> = loaded.collect();
        if !self.choices.is_ascending {
            self.collection_order.shuffle(&mut collections);
        }
        let mut moves = VecDeque::new();
        for (position, collection) in collections.into_iter().enumerate() {
            let mut replicas: Few<ReplicaIndex> = cluster.collection(collection).replicas.as_slice().into();
            if position >= COLLECTIONS_PER_ROUND {
                let (place, bound) = (position as f64 + 1.0, COLLECTIONS_PER_ROUND as f64);
                let reason = Reason::compared(ReasonCode::NotInThisRound, None, place, bound);
                for replica in replicas {
                    outcome.order(Order::Declined { replica: Some(replica), reason });
                }
                continue;
            }
            if !self.choices.is_ascending && replicas.len() > 1 {
                self.replica_order.shuffle(&mut replicas);
            }
            for replica in replicas {
                let plan = self.plan_replica(replica, hearing, outcome);
                self.take_plan(Some(replica), plan, hearing, &mut moves, outcome);
            }
        }
        moves
    }

    fn plan_replica(
        &mut self,
        replica: ReplicaIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<ReplicaPlan, Reason> {
        let cluster = hearing.cluster;
        let collection = cluster.replica(replica).collection;
        let mut available: SmallVec<[NodeIndex; 8]> =
            SmallVec::with_capacity(cluster.replica(replica).node_count());
        for node in cluster.replica(replica).nodes() {
            if !self.figures.knows(node) {
                let Some(memory) = self.memory_of(node, hearing) else {
                    let reason = Reason::plain(ReasonCode::NodeInfoFailed);
                    outcome.order(Order::Declined { replica: Some(replica), reason });
                    continue;
                };
                self.figures.learn(node, memory);
            }
            if self.has_phantom(collection, node, hearing) {
                let reason = Reason::plain(ReasonCode::SegmentInfoFailed);
                outcome.order(Order::Declined { replica: Some(replica), reason });
                continue;
            }
            available.push(node);
        }
        if self.own.is_some() {
            return self.ask_own(replica, &available, hearing);
        }
        self.scores.look(replica, cluster.replica(replica).nodes(), &available, &self.figures);
        if available.len() <= 1 {
            return Err(Reason::compared(ReasonCode::TooFewNodes, None, available.len() as f64, 1.0));
        }
        let records = &self.records;
        let mut segments_on = |node: NodeIndex| {
            let segments = records.of_collection_on(cluster, collection, node);
            let bytes = |segment| cluster.segments().memory_bytes(segment);
            segments.map(|segment| Candidate { segment, bytes: bytes(segment) }).collect()
        };
        let mut pick = pick(self.choices, &mut self.segment_pick);
        let thresholds = self.settings.thresholds();
        let figures = &mut self.figures;
        let mut plan = balance_replica(
            &mut available,
            figures,
            &mut segments_on,
            thresholds,
            &mut pick,
            &mut self.watch,
        );
        self.scores.planned(&plan.moves, &self.figures);
        let host = cluster.node(available[0]).host;
        if host.is_some() && available.iter().all(|node| cluster.node(*node).host == host) {
            plan.reason.code = ReasonCode::HostMemory;
        }
        Ok(plan)
    }

    /// 2.0: the whole cluster at once; one insufficiency drops everything (quirk Q29).
    fn plan_cluster(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) -> VecDeque<RoundMove> {
        let cluster = hearing.cluster;
        let mut available = Vec::new();
        for node in self.records.online_nodes() {
            let Some(memory) = self.memory_of(node, hearing) else {
                let reason = Reason::plain(ReasonCode::NodeInfoFailed);
                outcome.order(Order::Declined { replica: None, reason });
                continue;
            };
            if cluster.collection_indices().any(|collection| self.has_phantom(collection, node, hearing)) {
                let reason = Reason::plain(ReasonCode::SegmentInfoFailed);
                outcome.order(Order::Declined { replica: None, reason });
                continue;
            }
            self.figures.learn(node, memory);
            available.push(node);
        }
        if self.own.is_some() {
            return self.plan_own_cluster(&available, hearing, outcome);
        }
        for replica in (0..cluster.replicas().len()).map(ReplicaIndex::at) {
            if cluster.replica(replica).is_loaded {
                self.scores.look(replica, cluster.replica(replica).nodes(), &available, &self.figures);
            }
        }
        let mut moves = VecDeque::new();
        let plan = if available.len() <= 1 {
            Err(Reason::compared(ReasonCode::TooFewNodes, None, available.len() as f64, 1.0))
        } else {
            let records = &self.records;
            let mut segments_on = |node: NodeIndex| {
                let bytes = |segment| cluster.segments().memory_bytes(segment);
                let segments = records.all_on(cluster, node).into_iter();
                segments.map(|segment| Candidate { segment, bytes: bytes(segment) }).collect()
            };
            let mut pick = pick(self.choices, &mut self.segment_pick);
            let thresholds = self.settings.thresholds();
            let figures = &mut self.figures;
            let plan = balance_replica(
                &mut available,
                figures,
                &mut segments_on,
                thresholds,
                &mut pick,
                &mut self.watch,
            );
            let is_dropped =
                plan.stop == Stop::Insufficient && self.release.has(Quirk::InsufficiencyDropsWholePlan);
            if is_dropped { Err(plan.reason) } else { Ok(plan) }
        };
        self.take_plan(None, plan, hearing, &mut moves, outcome);
        moves
    }

    /// Gives the moves of a plan their numbers, or tells why there is none.
    pub(super) fn take_plan(
        &mut self,
        replica: Option<ReplicaIndex>,
        plan: Result<ReplicaPlan, Reason>,
        hearing: Hearing<'_>,
        moves: &mut VecDeque<RoundMove>,
        outcome: &mut Outcome,
    ) {
        let plan = match plan {
            Ok(plan) if !plan.moves.is_empty() => plan,
            Ok(ReplicaPlan { reason, .. }) | Err(reason) => {
                outcome.order(Order::Declined { replica, reason });
                return;
            }
        };
        for planned in plan.moves {
            let number = self.next_move();
            let collection = hearing.cluster.segments().collection(planned.segment);
            outcome.order(Order::Plan {
                number,
                segment: planned.segment,
                replica: replica.or_else(|| hearing.cluster.replica_of(collection, planned.from)),
                from: planned.from,
                to: planned.to,
                cause: MoveCause::Balance,
                reason: planned.reason,
            });
            moves.push_back(RoundMove { number, planned });
        }
    }

    /// Whether the records place a segment of the collection on the node that the node cannot list.
    fn has_phantom(&self, collection: CollectionIndex, node: NodeIndex, hearing: Hearing<'_>) -> bool {
        let segments = hearing.cluster.segments();
        self.phantoms.iter().any(|(segment, on)| {
            *on == node
                && segments.collection(*segment) == collection
                && self.records.is_on(*segment, node)
                && !segments.copies().has(*segment, node)
        })
    }
}

fn pick(choices: super::state::Choices, random: &mut crate::engine::random::Random) -> Pick<'_> {
    match choices {
        super::state::Choices { picks_least_difference: true, .. } => Pick::LeastDifference,
        super::state::Choices { is_ascending: true, .. } => Pick::Last,
        _ => Pick::Drawn(random),
    }
}
