//! A coordinator with a porter before it, who sees what it is told and what it orders, and may change both.

use evenkeel::coordinator::command::{Command, CommandError};
use evenkeel::coordinator::hearing::{Hearing, Nodes};
use evenkeel::coordinator::keys::Value;
use evenkeel::coordinator::outcome::{CallNumber, Order, Outcome, RequestNumber, Turn};
use evenkeel::coordinator::query_coord::{QueryCoord, QueryCoordView, SegmentInfoRow};
use evenkeel::model::cluster::Cluster;
use evenkeel::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::watch::Watch;
use evenkeel::units::{SimDuration, SimTime};

/// What the coordinator was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// To take a turn.
    Turn(Turn),
    /// That a call ended.
    CallEnded,
    /// That a session appeared, stops, or is gone.
    Session,
    /// Anything else.
    Other,
}

/// Who stands before a coordinator.
pub(crate) trait Porter {
    /// What the coordinator has just ordered, to be looked at or changed.
    fn ordered(&mut self, told: Told, orders: &mut Vec<Order>);

    /// Whether the coordinator hears growing rows as of the times it asks for.
    fn knows_the_past(&self) -> bool {
        true
    }

    /// Whether the coordinator hears that keys are about to change, so that it can count what it skipped.
    fn announces_keys(&self) -> bool {
        true
    }

    /// Whether the coordinator hears that a process is about to end, so that it can settle what it skipped.
    fn announces_ends(&self) -> bool {
        true
    }
}

/// The coordinator behind its porter.
pub(crate) struct StandIn<P> {
    pub(crate) inner: Box<dyn QueryCoord>,
    pub(crate) porter: P,
}

/// Nodes that answer what they have now, whatever time they are asked about.
struct Forgetful<'a>(Hearing<'a>);

impl Nodes for Forgetful<'_> {
    fn memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        self.0.nodes.memory(node)
    }

    fn is_leaving(&self, node: NodeIndex, segment: SegmentIndex) -> bool {
        self.0.nodes.is_leaving(node, segment)
    }

    fn growing_rows(&self, replica: ReplicaIndex, shard: usize) -> u64 {
        self.0.nodes.growing_rows(replica, shard)
    }

    fn each_growing(
        &self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        tell: &mut dyn FnMut(NodeIndex, ChannelIndex, u64),
    ) {
        self.0.nodes.each_growing(&|node| when(node).map(|_| self.0.now), tell);
    }

    fn is_serviceable(&self, replica: ReplicaIndex, shard: usize) -> bool {
        self.0.nodes.is_serviceable(replica, shard)
    }
}

impl<P: Porter> StandIn<P> {
    fn pass_on(
        &mut self,
        told: Told,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
        act: impl FnOnce(&mut dyn QueryCoord, Hearing<'_>, &mut Outcome),
    ) {
        if self.porter.knows_the_past() {
            act(self.inner.as_mut(), hearing, outcome);
        } else {
            act(self.inner.as_mut(), Hearing { nodes: &Forgetful(hearing), ..hearing }, outcome);
        }
        self.porter.ordered(told, &mut outcome.orders);
    }
}

impl<P> QueryCoordView for StandIn<P> {
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex> {
        self.inner.recorded_nodes(segment)
    }

    fn records_nothing_on(&self, node: NodeIndex, cluster: &Cluster) -> bool {
        self.inner.records_nothing_on(node, cluster)
    }

    fn last_scores(&self, replica: ReplicaIndex, cluster: &Cluster, scores: &mut Vec<(NodeIndex, f64)>) {
        self.inner.last_scores(replica, cluster, scores);
    }

    fn looks(&self, replica: ReplicaIndex) -> u32 {
        self.inner.looks(replica)
    }
}

impl<P: Porter> QueryCoord for StandIn<P> {
    fn show(&mut self, watch: Watch) {
        self.inner.show(watch);
    }

    fn start(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Other, hearing, outcome, |inner, hearing, outcome| inner.start(hearing, outcome));
    }

    fn stop(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Other, hearing, outcome, |inner, hearing, outcome| inner.stop(hearing, outcome));
    }

    fn take_turn(&mut self, turn: Turn, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Turn(turn), hearing, outcome, |inner, hearing, outcome| {
            inner.take_turn(turn, hearing, outcome);
        });
    }

    fn node_up(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Session, hearing, outcome, |inner, hearing, outcome| {
            inner.node_up(node, hearing, outcome);
        });
    }

    fn node_stopping(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Session, hearing, outcome, |inner, hearing, outcome| {
            inner.node_stopping(node, hearing, outcome);
        });
    }

    fn node_lost(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Session, hearing, outcome, |inner, hearing, outcome| {
            inner.node_lost(node, hearing, outcome);
        });
    }

    fn process_ends(&mut self, hearing: Hearing<'_>, are_reports_in: bool) {
        if self.porter.announces_ends() {
            self.inner.process_ends(hearing, are_reports_in);
        }
    }

    fn call_ended(
        &mut self,
        call: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.pass_on(Told::CallEnded, hearing, outcome, |inner, hearing, outcome| {
            inner.call_ended(call, result, hearing, outcome);
        });
    }

    fn command(
        &mut self,
        request: RequestNumber,
        command: &Command,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.pass_on(Told::Other, hearing, outcome, |inner, hearing, outcome| {
            inner.command(request, command, hearing, outcome);
        });
    }

    fn segment_info(
        &self,
        collection_name: &str,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentInfoRow>, CommandError> {
        self.inner.segment_info(collection_name, hearing)
    }

    fn segment_announced(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.pass_on(Told::Other, hearing, outcome, |inner, hearing, outcome| {
            inner.segment_announced(segment, parents, hearing, outcome);
        });
    }

    fn set_config(&mut self, key: &'static str, value: &Value) -> bool {
        self.inner.set_config(key, value)
    }

    fn config_changes(&mut self, now: SimTime) {
        if self.porter.announces_keys() {
            self.inner.config_changes(now);
        }
    }

    fn config_set(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.pass_on(Told::Other, hearing, outcome, |inner, hearing, outcome| {
            inner.config_set(hearing, outcome);
        });
    }

    fn overload_threshold(&self) -> f64 {
        self.inner.overload_threshold()
    }

    fn graceful_stop(&self) -> SimDuration {
        self.inner.graceful_stop()
    }

    fn disk_threshold(&self) -> f64 {
        self.inner.disk_threshold()
    }
}
