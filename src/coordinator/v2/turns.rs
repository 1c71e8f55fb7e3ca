//! The turns of QueryCoord of 2.2 and later.

use super::commands::failed_context;
use super::node_scores::NodeScores;
use super::state::{LoadStatus, QueryCoordV2};
use super::tickers::Tickers;
use crate::coordinator::command::{Command, CommandError};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::keys::{self, Value};
use crate::coordinator::outcome::{CallNumber, MoveOutcome, Order, Outcome, RequestNumber, Turn};
use crate::coordinator::query_coord::{QueryCoord, QueryCoordView, SegmentInfoNodes, SegmentInfoRow};
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::watch::Watch;
use crate::release::Quirk;
use crate::units::{SimDuration, SimTime};

/// `NotReadyServe` of the error codes of 2.2.
const NOT_READY_SERVE: i32 = 56;

impl QueryCoordV2 {
    /// What is answered while the coordinator is away; some requests say first what failed.
    fn not_ready(&self, context: &str) -> CommandError {
        let said = |base: &str, joint: &str| {
            if context.is_empty() { base.to_owned() } else { format!("{context}{joint}{base}") }
        };
        if self.release.has(Quirk::OneCheckerLoop) {
            return CommandError { code: NOT_READY_SERVE, text: said("NotHealthy", ", err=") };
        }
        let text = said("service not ready", ": ");
        self.error(1, text.clone(), text.clone(), text)
    }

    /// Whether something of an earlier rank must wait for a later millisecond.
    fn is_late(turn: Turn) -> bool {
        !matches!(
            turn,
            Turn::Pull(_)
                | Turn::ObserveTargets
                | Turn::RefreshTargets
                | Turn::ObserveReplicas
                | Turn::GiveUpLoad(_)
                | Turn::ObserveGroups
        )
    }

    fn sessions(&mut self, hearing: Hearing<'_>) {
        for node in hearing.cluster.node_indices() {
            if hearing.cluster.node(node).is_registered {
                self.know(node, hearing);
            }
        }
    }
}

impl QueryCoord for QueryCoordV2 {
    fn show(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn start(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.is_healthy = true;
        self.take_config();
        self.choose_balancer();
        self.tickers =
            Tickers { observers_since: hearing.now, uncounted_from: hearing.now, ..Tickers::default() };
        self.start_checkers(hearing.now);
        // Sessions first: which of its nodes a replica may use depends on them.
        self.found_groups(hearing);
        self.grow_nodes(hearing);
        self.sessions(hearing);
        self.adopt_groups(hearing, outcome);
        self.grow(hearing);
        if self.has_started {
            for replica in (0..self.view.replica_count()).map(ReplicaIndex::at) {
                self.adopt_nodes(replica, hearing);
            }
        } else {
            self.adopt_targets(hearing.cluster);
        }
        self.report_all(hearing);
        if self.has_started {
            // What was listed just before the restart still waits for a target.
            self.arm_refresh(hearing, outcome);
            self.doubt_all();
            if self.release.has(Quirk::RestartForgetsRows) {
                self.forget_all_rows();
            }
        }
        self.recover_loads(hearing, outcome);
        self.has_started = true;
        self.suspects.extend(hearing.cluster.segments().indices());
        self.channel_suspects.extend(hearing.cluster.collection_indices());
        self.after_change(hearing, outcome);
        self.arm_segments(hearing.now, outcome);
        self.arm_channels(hearing.now, outcome);
        self.arm_balance(hearing.now, outcome);
        outcome.order(Order::TurnAt { turn: Turn::ObserveTargets, at: hearing.now });
        if self.is_naive {
            self.arm_everything(hearing, outcome);
        }
    }

    fn stop(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.settle_idle_ticks(hearing.now);
        self.is_healthy = false;
        for id in self.tasks.ids() {
            let Some(task) = self.tasks.remove(id) else { continue };
            self.uncount_task(&task);
            if let Some(number) = task.what.number {
                outcome.order(Order::MoveEnd { number, outcome: MoveOutcome::Cancelled });
            }
        }
        self.calls.clear();
        self.loading.clear();
        self.awaits_report = false;
        self.rounds = Default::default();
        self.is_active = true;
        let open: Vec<RequestNumber> = std::mem::take(&mut self.waits)
            .into_keys()
            .chain(std::mem::take(&mut self.due_answers).into_keys())
            .collect();
        for request in open {
            let text = "rpc error: code = Canceled desc = context canceled".to_owned();
            let result = Err(self.error(65535, text.clone(), text.clone(), text));
            outcome.order(Order::Answer { request, result });
        }
        for node in (0..self.nodes.len()).map(NodeIndex::at) {
            self.view.erase_distribution(node);
            let mut view = self.view.node_mut(node);
            view.state = Default::default();
            (view.segment_count, view.channel_count) = (0, 0);
            self.nodes[node.position()] = Default::default();
        }
    }

    fn take_turn(&mut self, turn: Turn, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.is_healthy {
            return;
        }
        self.grow(hearing);
        self.late_at = QueryCoordV2::is_late(turn).then_some(hearing.now);
        self.passing = match turn {
            Turn::Pass(node) => Some(node),
            Turn::AnswerDue(_) => Some(NodeIndex(u32::MAX)),
            _ => None,
        };
        self.reporting = match turn {
            Turn::Pull(node) => Some(node),
            _ => Some(NodeIndex(u32::MAX)),
        };
        match turn {
            Turn::Pull(node) => self.pull(node, hearing, outcome),
            Turn::ObserveTargets => self.observe_targets(hearing, outcome),
            Turn::RefreshTargets => self.refresh_targets(hearing, outcome),
            Turn::ObserveReplicas => self.observe_replicas(hearing, outcome),
            Turn::ObserveGroups => self.observe_groups(hearing, outcome),
            Turn::CheckChannels if self.tickers.channels == Some(hearing.now) => {
                self.check_channels(hearing, outcome);
            }
            Turn::CheckSegments if self.tickers.segments == Some(hearing.now) => {
                self.check_segments(hearing, outcome);
            }
            Turn::CheckBalance => self.check_balance(hearing, outcome),
            Turn::MergeLoads(node) => self.merge_loads(node, hearing, outcome),
            Turn::Pass(node) => self.pass(node, hearing, outcome),
            Turn::GiveUpLoad(collection) => self.give_up_load(collection, hearing, outcome),
            Turn::AnswerDue(request) => self.answer_due(request, outcome),
            // A ticker that was started anew, or a turn of 2.0/2.1.
            _ => {}
        }
        self.arm_if_stale(hearing, outcome);
        self.late_at = None;
        self.passing = None;
        self.reporting = None;
    }

    fn node_up(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy {
            self.grow(hearing);
            self.take_in(node, hearing, outcome);
            self.arm_if_stale(hearing, outcome);
        }
    }

    fn node_stopping(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy {
            self.grow(hearing);
            self.note_stop(node, hearing, outcome);
            self.arm_if_stale(hearing, outcome);
        }
    }

    fn node_lost(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy {
            self.grow(hearing);
            self.forget(node, hearing, outcome);
            self.arm_if_stale(hearing, outcome);
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
            self.grow(hearing);
            self.end_call(call, result, hearing, outcome);
            self.arm_if_stale(hearing, outcome);
        }
    }

    fn command(
        &mut self,
        request: RequestNumber,
        command: &Command,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if self.is_healthy {
            self.grow(hearing);
            self.request(request, command, hearing, outcome);
            self.arm_if_stale(hearing, outcome);
        } else {
            let result = Err(if self.has_request(command) {
                self.not_ready(failed_context(command))
            } else {
                self.unknown(command)
            });
            outcome.order(Order::Answer { request, result });
        }
    }

    fn segment_info(
        &self,
        collection_name: &str,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentInfoRow>, CommandError> {
        if !self.is_healthy {
            return Err(self.not_ready("failed to get segment info"));
        }
        let cluster = hearing.cluster;
        let collection =
            cluster.find_collection(collection_name).ok_or_else(|| self.no_collection(collection_name))?;
        let known = cluster.collection(collection);
        if self.collections[collection.position()].status == LoadStatus::Released {
            let text = format!("collection not loaded[collection={}]", known.id);
            return Err(self.error(101, text.clone(), text.clone(), text));
        }
        let row = |segment: SegmentIndex| SegmentInfoRow {
            segment: Some(segment),
            collection: known.id,
            partition: known.partitions[cluster.segments().partition(segment) as usize].id,
            mem_size: 0,
            num_rows: u64::from(cluster.segments().rows(segment)),
            state: "Sealed",
            nodes: SegmentInfoNodes::All(self.view.holders().of(segment).collect()),
        };
        let current = self.collections[collection.position()].current.iter();
        let held = current.filter(|segment| self.view.holders().count(*segment) > 0);
        Ok(held.map(row).collect())
    }

    fn segment_announced(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.grow(hearing);
        self.list_segment(segment, parents, hearing, outcome);
    }

    fn set_config(&mut self, key: &'static str, value: &Value) -> bool {
        keys::find(key).is_some_and(|key| self.take_key(key, value))
    }

    fn config_changes(&mut self, now: SimTime) {
        if self.is_healthy {
            self.settle_idle_ticks(now);
        }
    }

    fn config_set(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_healthy && !self.release.has(Quirk::ConfigReadOnce) {
            self.notice_periods(hearing.now);
            self.arm_refresh(hearing, outcome);
            self.arm_balance(hearing.now, outcome);
            self.groups_changed(hearing, outcome);
            // Nodes may take more calls than before.
            self.armed_for = None;
            self.arm_if_stale(hearing, outcome);
        }
    }

    fn process_ends(&mut self, hearing: Hearing<'_>, are_reports_in: bool) {
        if self.is_healthy {
            self.grow(hearing);
            self.reporting = are_reports_in.then_some(NodeIndex(u32::MAX));
            self.refresh_growing(hearing);
            self.reporting = None;
        }
    }

    fn overload_threshold(&self) -> f64 {
        self.in_force.overload_threshold
    }

    fn graceful_stop(&self) -> SimDuration {
        self.settings().graceful_stop()
    }

    fn disk_threshold(&self) -> f64 {
        self.in_force.disk_threshold
    }
}

impl QueryCoordView for QueryCoordV2 {
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex> {
        if segment.position() < self.view.segment_count() {
            self.view.holders().of(segment).collect()
        } else {
            Vec::new()
        }
    }

    fn records_nothing_on(&self, node: NodeIndex, _cluster: &Cluster) -> bool {
        if node.position() >= self.view.nodes().len() {
            return true;
        }
        let mut collections = (0..self.view.collection_count()).map(CollectionIndex::at);
        let holds = collections.any(|collection| {
            let view = self.view.collection(collection);
            !view.copies(node).is_empty() || !view.channels(node).is_empty()
        });
        !holds && !self.tasks.any_on_node(node)
    }

    fn last_scores(&self, replica: ReplicaIndex, _: &Cluster, scores: &mut Vec<(NodeIndex, f64)>) {
        scores.clear();
        scores.extend(self.scores.get(replica.position()).into_iter().flat_map(NodeScores::iter));
    }

    fn last_whole_scores(&self, replica: ReplicaIndex) -> Option<(&[NodeIndex], &[u32])> {
        self.scores.get(replica.position()).and_then(NodeScores::whole)
    }

    fn looks(&self, replica: ReplicaIndex) -> u32 {
        self.looks.get(replica.position()).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordinator::keys::{Config, Origin};

    /// Periods of the reports and of nothing else, and whether automatic balance is on, after both were set.
    fn after_setting(version: &str) -> (u64, bool) {
        let release = version.parse::<crate::release::Release>().expect("a release");
        let mut coordinator = QueryCoordV2::new(release, Config::defaults(release), 0, false);
        coordinator.set_config("queryCoord.distPullInterval", &Value::Int(7_000));
        coordinator.set_config("queryCoord.autoBalance", &Value::Bool(false));
        (coordinator.settings().pull_period_ms(), coordinator.settings().auto_balance())
    }

    #[test]
    fn a_key_that_is_set_counts_when_its_release_reads_it_again() {
        assert_eq!(after_setting("2.2.16"), (500, true), "nothing before a restart");
        assert_eq!(after_setting("2.6.19"), (500, false), "tickers keep the period of their start");
        assert_eq!(after_setting("2.6.20"), (7_000, false));
    }

    #[test]
    fn a_key_that_its_release_does_not_read_counts_for_nothing() {
        let release = "2.4.22".parse::<crate::release::Release>().expect("a release");
        let mut config = Config::defaults(release);
        let key = keys::find("queryCoord.autoBalanceInterval").expect("a key");
        config.declare(release, key, Value::Int(60_000), Origin::Scenario);
        assert_eq!(config.read(key.name), None);
        assert_eq!(config.value(key.name), Some(&Value::Int(60_000)));
    }
}
