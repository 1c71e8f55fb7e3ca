//! The turns of QueryCoord 2.0/2.1: what it does when it is asked, told, or when its time has come.

use super::balance_round::Ticker;
use super::records::KnownNode;
use super::settings::Settings;
use super::state::{QueryCoordV1, Stage};
use super::trigger_queue::{BalanceTask, TaskKind, TriggerTask};
use crate::coordinator::command::{Command, CommandError, LoadBalance};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::keys::Value;
use crate::coordinator::outcome::{CallNumber, MoveCause, MoveOutcome, Order, Outcome, RequestNumber, Turn};
use crate::coordinator::query_coord::{QueryCoord, QueryCoordView, SegmentInfoRow};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::create_replicas::{free_bytes, neediest_replica};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::watch::Watch;
use crate::release::Quirk;
use crate::units::{SimDuration, SimTime};

/// The code of every refusal in 2.0 and 2.1 (UnexpectedError).
pub const UNEXPECTED_ERROR: i32 = 1;

/// A refusal in Milvus's words.
pub fn refusal(text: impl Into<String>) -> CommandError {
    CommandError { code: UNEXPECTED_ERROR, text: text.into() }
}

/// The next multiple of `period_ms` after `now`: tickers start at t = 0.
pub(super) fn next_multiple(now: SimTime, period_ms: u64) -> SimTime {
    SimTime::from_ms((now.as_ms() / period_ms + 1) * period_ms)
}

/// One bit per node: whether every loaded collection has it in one of its replicas already, so that none takes
/// it in when it joins.
fn everywhere(cluster: &Cluster) -> Vec<u64> {
    let mut everywhere = vec![u64::MAX; cluster.nodes().len().div_ceil(64)];
    for collection in cluster.collections().iter().filter(|collection| !collection.replicas.is_empty()) {
        let members = collection.replicas.iter().map(|replica| cluster.replica(*replica).members());
        let of_all =
            |place: usize| members.clone().fold(0, |any, words| any | words.get(place).copied().unwrap_or(0));
        everywhere.iter_mut().enumerate().for_each(|(place, word)| *word &= of_all(place));
    }
    everywhere
}

impl QueryCoordV1 {
    /// The text of E0 in this release.
    fn not_healthy(&self) -> CommandError {
        refusal(if self.release.has(Quirk::LoadBalanceNamesCollection) {
            "QueryCoord is not healthy"
        } else {
            "query coordinator is not healthy"
        })
    }

    pub(super) fn enqueue(&mut self, task: TriggerTask, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.queue.push(task);
        outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at: hearing.now });
    }

    fn balance_task(&self, call: &LoadBalance, cluster: &Cluster) -> Result<BalanceTask, CommandError> {
        let names_collection = self.release.has(Quirk::LoadBalanceNamesCollection);
        let collection = match call.collection_name.as_deref() {
            Some(name) if names_collection => {
                let found = cluster.find_collection(name);
                Some(found.ok_or_else(|| refusal(format!("can't find collection: {name}")))?)
            }
            _ => None,
        };
        Ok(BalanceTask {
            sources: call.src_node_ids.as_slice().into(),
            destinations: call.dst_node_ids.as_slice().into(),
            segments: call.sealed_segment_ids.as_slice().into(),
            collection,
            planned: None,
            cause: MoveCause::Manual,
            reason: Reason::plain(ReasonCode::Manual),
        })
    }

    fn task_of(&self, command: &Command, cluster: &Cluster) -> Result<TaskKind, CommandError> {
        let find = |name: &str| {
            cluster.find_collection(name).ok_or_else(|| refusal(format!("can't find collection: {name}")))
        };
        match command {
            Command::LoadBalance(call) => Ok(TaskKind::Balance(self.balance_task(call, cluster)?)),
            Command::LoadCollection { collection_name, replica_number, .. } => Ok(TaskKind::LoadCollection {
                collection: find(collection_name)?,
                replicas: replica_number.unwrap_or(1) as usize,
                is_under_way: false,
            }),
            Command::ReleaseCollection { collection_name } => {
                Ok(TaskKind::ReleaseCollection { collection: find(collection_name)? })
            }
            Command::Unknown { verb } => {
                Err(refusal(format!("unknown method {verb}: Milvus {} has no such request", self.release)))
            }
            Command::GetQuerySegmentInfo { .. } => Err(refusal("a listing is answered at once")),
            Command::TransferSegment { .. }
            | Command::TransferChannel { .. }
            | Command::SuspendBalance
            | Command::ResumeBalance
            | Command::SuspendNode { .. }
            | Command::ResumeNode { .. }
            | Command::CheckQueryNodeDistribution { .. }
            | Command::SetReplicas { .. }
            | Command::TransferNode { .. }
            | Command::TransferReplica { .. }
            | Command::UpdateResourceGroup { .. } => {
                Err(refusal(format!("unknown method: Milvus {} has no such request", self.release)))
            }
        }
    }

    /// Every loaded collection gets a joining node into its neediest replica, unless one has it already.
    fn add_node(&self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let cluster = hearing.cluster;
        for collection in cluster.collections() {
            if collection.replicas.iter().any(|replica| cluster.replica(*replica).has(node)) {
                continue;
            }
            let neediest = match collection.replicas.len() {
                0 => continue,
                1 => 0,
                _ => {
                    let free_of = |replica: &ReplicaIndex| {
                        let members = cluster.replica(*replica).nodes();
                        let answers = members.filter_map(|member| self.memory_of(member, hearing));
                        answers.fold(0u64, |sum, memory| sum.wrapping_add(free_bytes(memory)))
                    };
                    let free: Vec<u64> = collection.replicas.iter().map(free_of).collect();
                    neediest_replica(&free).unwrap_or(0)
                }
            };
            outcome.order(Order::AddReplicaNode { replica: collection.replicas[neediest], node });
        }
    }

    /// Looks for a lost node to recover. Milvus looks again each second; while a recovery is under way nothing comes
    /// of that, and its end asks for the next look.
    fn offline_poll(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.recovering.is_none()
            && let Some(node) = self.offline.first().copied()
        {
            self.recovering = Some(node);
            let task = TriggerTask { kind: TaskKind::NodeDown { node }, request: None };
            self.enqueue(task, hearing, outcome);
        }
    }

    fn restart_tickers(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.settings.auto_balance {
            let period = SimDuration::from_secs(self.settings.balance_interval_seconds);
            outcome.order(Order::TurnAt { turn: Turn::BalanceTick, at: hearing.now + period });
        } else {
            let reason = Reason::plain(ReasonCode::AutobalanceOff);
            outcome.order(Order::Declined { replica: None, reason });
        }
    }
}

impl QueryCoord for QueryCoordV1 {
    fn show(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn start(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.settings = Settings::of(&self.config);
        self.is_healthy = true;
        self.records.grow(hearing.cluster);
        if let Some(found) = self.found.take() {
            self.records.take_over(hearing.cluster, &found);
        }
        let known: Vec<NodeIndex> = self.records.known_nodes().map(|(node, _)| node).collect();
        // Nodes recorded without a session stay offline: the start path hands positions instead of ids
        // to recovery (quirk Q16), so their real ids are never recovered.
        for node in known {
            if !hearing.cluster.node(node).is_registered {
                self.records.set_node(node, KnownNode::Offline);
            }
        }
        let everywhere = everywhere(hearing.cluster);
        for node in hearing.cluster.node_indices() {
            if hearing.cluster.node(node).is_registered {
                self.records.set_node(node, KnownNode::Online);
                if everywhere[node.position() / 64] >> (node.position() % 64) & 1 == 0 {
                    self.add_node(node, hearing, outcome);
                }
            }
        }
        self.restart_tickers(hearing, outcome);
        self.call_again(outcome);
        if self.running.is_some() || !self.queue.is_empty() {
            outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at: hearing.now });
        }
        self.look_at_handoffs(hearing, outcome);
    }

    fn stop(&mut self, _hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.is_healthy = false;
        self.offline.clear();
        self.recovering = None;
        self.ticker = Ticker::default();
        if let Some(round) = self.round.take() {
            for planned in round.waiting {
                outcome.order(Order::MoveEnd { number: planned.number, outcome: MoveOutcome::Cancelled });
            }
        }
        match self.running.take() {
            Some(mut running) if running.stage == Stage::Calling => {
                running.reload();
                self.running = Some(running);
            }
            Some(mut running) => {
                for number in running.open_moves {
                    outcome.order(Order::MoveEnd { number, outcome: MoveOutcome::Cancelled });
                }
                // Its move has just ended, under whatever number a reschedule gave it.
                if let TaskKind::Balance(balance) = &mut running.task.kind {
                    balance.planned = None;
                }
                self.queue.reload(running.task);
            }
            None => {}
        }
        let tasks = self.queue.iter_mut().chain(self.running.iter_mut().map(|running| &mut running.task));
        for request in tasks.filter_map(|task| task.request.take()) {
            outcome.order(Order::Answer { request, result: Err(refusal("timeout")) });
        }
        let mut cancelled = Vec::new();
        for task in self.queue.iter_mut() {
            if let TaskKind::Balance(balance) = &mut task.kind {
                cancelled.extend(balance.planned.take());
            }
        }
        for number in cancelled {
            outcome.order(Order::MoveEnd { number, outcome: MoveOutcome::Cancelled });
        }
    }

    fn take_turn(&mut self, turn: Turn, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.is_healthy {
            return;
        }
        self.records.grow(hearing.cluster);
        match turn {
            Turn::OfflinePoll => self.offline_poll(hearing, outcome),
            Turn::HandoffPoll => self.look_at_handoffs(hearing, outcome),
            Turn::BalanceTick => self.tick(hearing, outcome),
            Turn::TriggerPass => self.pass(hearing, outcome),
            // The others are turns of 2.2 and later.
            _ => {}
        }
    }

    fn node_up(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy {
            self.records.grow(hearing.cluster);
            self.records.set_node(node, KnownNode::Online);
            self.add_node(node, hearing, outcome);
        }
    }

    fn node_lost(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy {
            self.records.grow(hearing.cluster);
            self.records.set_node(node, KnownNode::Offline);
            self.offline.insert(node);
            outcome.order(Order::TurnAt { turn: Turn::OfflinePoll, at: hearing.now });
        }
    }

    fn call_ended(
        &mut self,
        call: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if self.is_healthy {
            self.child_ended(call, result, hearing, outcome);
        }
    }

    fn command(
        &mut self,
        request: RequestNumber,
        command: &Command,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let kind = if self.is_healthy {
            self.records.grow(hearing.cluster);
            self.task_of(command, hearing.cluster)
        } else {
            Err(self.not_healthy())
        };
        match kind {
            Ok(kind) => self.enqueue(TriggerTask { kind, request: Some(request) }, hearing, outcome),
            Err(error) => outcome.order(Order::Answer { request, result: Err(error) }),
        }
    }

    fn segment_info(
        &self,
        collection_name: &str,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentInfoRow>, CommandError> {
        if self.is_healthy { self.list_segments(collection_name, hearing) } else { Err(self.not_healthy()) }
    }

    fn segment_announced(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.records.grow(hearing.cluster);
        self.announce(segment, parents, hearing, outcome);
    }

    fn set_config(&mut self, key: &'static str, value: &Value) -> bool {
        self.config.set(key, value.clone());
        false
    }

    fn overload_threshold(&self) -> f64 {
        self.settings.thresholds().overloaded
    }
}

impl QueryCoordView for QueryCoordV1 {
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex> {
        self.records.nodes_of(segment).collect()
    }

    fn records_nothing_on(&self, node: NodeIndex, cluster: &Cluster) -> bool {
        let leads = |replica: &crate::model::replica::Replica| replica.shard_leaders.contains(&Some(node));
        let child = self.running.iter().flat_map(|running| &running.children);
        let has_task = child.filter(|child| !child.has_ended()).any(|child| child.node == node);
        let id = cluster.node(node).id;
        let is_named = |task: &TriggerTask| match &task.kind {
            TaskKind::Balance(balance) => balance.sources.contains(&id) || balance.destinations.contains(&id),
            TaskKind::NodeDown { node: lost } => *lost == node,
            _ => false,
        };
        let mut tasks = self.queue.iter().chain(self.running.iter().map(|running| &running.task));
        let holds = node.position() < cluster.nodes().len() && self.records.count_on_or_none(node) > 0;
        !holds && !has_task && !tasks.any(is_named) && !cluster.replicas().iter().any(leads)
    }

    fn last_scores(&self, replica: ReplicaIndex, cluster: &Cluster, scores: &mut Vec<(NodeIndex, f64)>) {
        self.scores.read(replica, cluster.replica(replica).nodes(), scores);
    }

    fn looks(&self, replica: ReplicaIndex) -> u32 {
        self.scores.looks(replica)
    }
}
