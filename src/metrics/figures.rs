//! All figures of a run so far: what records and looks at the cluster make of them.

use super::commands::CommandLedger;
use super::declined::DeclinedCounts;
use super::moves::MoveLedger;
use super::overload::OverloadWatch;
use super::scopes::{Scopes, Touched};
use super::service::ServiceWatch;
use super::settle::{self, SettleWatch};
use super::summary::{NodeCounts, SampleCounts, SegmentCounts};
use crate::coordinator::outcome::MoveCause;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::policy::reason::ReasonCode;
use crate::release::Quirk;
use crate::scenario::Scenario;
use crate::simulation::history::{CommandOutcome, Moment, Record};
use crate::units::SimTime;

/// Milvus's key of the overload threshold, in per cent.
const THRESHOLD_KEY: &str = "queryCoord.overloadedMemoryThresholdPercentage";

/// Milvus's default of that key.
const THRESHOLD_DEFAULT: f64 = 90.0;

/// All figures of a run so far.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Skew by scope.
    pub scopes: Scopes,
    /// Moves of segments and channels.
    pub moves: MoveLedger,
    /// Disturbances.
    pub settle: SettleWatch,
    /// Memory above the threshold.
    pub overload: OverloadWatch,
    /// What searches suffer.
    pub service: ServiceWatch,
    /// Why nothing was planned.
    pub declined: DeclinedCounts,
    /// Answers to commands.
    pub commands: CommandLedger,
    /// Query nodes alive and registered.
    pub nodes: NodeCounts,
    /// Sealed segments of loaded collections.
    pub segments: SegmentCounts,
    /// Sampling instants.
    pub samples: SampleCounts,
    threshold: f64,
    is_threshold_due: bool,
    looks_at_all: bool,
    is_up: Vec<bool>,
    looked_at: Option<SimTime>,
    all_nodes: Vec<NodeIndex>,
    all_replicas: Vec<ReplicaIndex>,
    measured: Vec<NodeIndex>,
}

impl Figures {
    /// The figures of a scenario before anything happened.
    pub fn new(scenario: &Scenario) -> Figures {
        let threshold = settle::number(&scenario.config, THRESHOLD_KEY).unwrap_or(THRESHOLD_DEFAULT) / 100.0;
        Figures {
            scopes: Scopes::new(scenario, threshold),
            moves: MoveLedger::default(),
            settle: SettleWatch::new(settle::quiet_ms(scenario)),
            overload: OverloadWatch::default(),
            service: ServiceWatch::new(scenario),
            declined: DeclinedCounts::default(),
            commands: CommandLedger::default(),
            nodes: NodeCounts::default(),
            segments: SegmentCounts::default(),
            samples: SampleCounts::default(),
            threshold,
            is_threshold_due: true,
            looks_at_all: scenario.release.has(Quirk::BalancesWholeCluster),
            is_up: Vec::new(),
            looked_at: None,
            all_nodes: Vec::new(),
            all_replicas: Vec::new(),
            measured: Vec::new(),
        }
    }

    /// Something happened.
    pub fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        let now_ms = moment.now.as_ms();
        self.service.record(record);
        match record {
            Record::Command { verb, is_read_only, expects_answer, .. } => {
                self.commands.given(sequence, *expects_answer);
                if !is_read_only {
                    self.settle.disturbed(now_ms, verb, sequence);
                }
            }
            Record::CommandResult { of, outcome, .. } => {
                self.commands.answered(*of, *outcome);
                if *outcome == CommandOutcome::Refused {
                    self.settle.refused(*of);
                }
            }
            Record::Plan { number, moved, replica, from, to, cause, .. } => {
                self.moves.plan(*number, *moved, *replica, (*from, *to), *cause);
                if *cause != MoveCause::Manual {
                    self.settle.planned(*number);
                    self.policy_looked_at(*replica);
                }
            }
            Record::MoveEnd { number, outcome } => {
                self.moves.end(*number, *outcome, moment.cluster);
                self.settle.ended(now_ms, *number);
            }
            Record::Declined { replica, reason, .. } => {
                self.declined.add(reason.code, 1);
                // Where draining goes first the round that waits has looked at nobody.
                if reason.code != ReasonCode::StoppingFirst {
                    self.policy_looked_at(*replica);
                }
            }
            Record::DeclinedAgain { code, times } => self.declined.add(*code, *times),
            Record::LoadDone { node, segment, number: None, .. } => {
                self.moves.loaded(*segment, *node, moment.cluster);
            }
            Record::LoadFailed { is_refusal: true, .. } => self.overload.refused(),
            Record::KilledForMemory { .. } => self.overload.killed(),
            Record::Config { key, value } if *key == THRESHOLD_KEY => self.set_threshold(value),
            _ => {}
        }
    }

    /// Takes the values of this moment.
    pub fn look(&mut self, moment: Moment<'_>, is_sample: bool) {
        let is_first = self.looked_at.is_none();
        let changes = moment.cluster.changes();
        let touched = if is_first {
            self.all_nodes.extend(moment.cluster.node_indices());
            self.all_replicas.extend((0..moment.cluster.replicas().len()).map(ReplicaIndex::at));
            let (nodes, replicas) = (self.all_nodes.as_slice(), self.all_replicas.as_slice());
            Touched { nodes, replicas, membership: true, is_growth_only: false }
        } else {
            let (nodes, replicas, membership) = (changes.nodes(), changes.replicas(), changes.membership());
            Touched { nodes, replicas, membership, is_growth_only: changes.is_growth_only() }
        };
        self.looked_at = Some(moment.now);
        self.scopes.look(moment, touched, is_sample);
        // Where rows only grow, nothing starts, ends, loads or moves.
        if !touched.is_growth_only || self.service.is_behind() {
            self.service.look(moment, touched);
            count_nodes(&mut self.is_up, &mut self.nodes, moment.cluster, touched.nodes);
        }
        let measured = if std::mem::take(&mut self.is_threshold_due) {
            self.measured.clear();
            self.measured.extend(moment.cluster.node_indices());
            &self.measured
        } else {
            with_neighbours(&mut self.measured, moment.cluster, touched.nodes)
        };
        let rates = self.scopes.rates();
        self.overload.look(moment.cluster, rates, measured, self.threshold, moment.now.as_ms());
        if is_sample {
            self.sample(moment);
        }
    }

    /// Whether the cluster changed since the last look.
    pub fn is_behind(&self, moment: Moment<'_>) -> bool {
        self.looked_at.is_none_or(|then| then < moment.now && !moment.cluster.changes().is_empty())
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.service.sample(moment);
        self.segments.end = moment.cluster.loaded_segments();
        self.samples.taken += 1;
        if self.samples.taken == 1 {
            self.segments.start = self.segments.end;
            self.nodes.start = self.nodes.end;
            self.scopes.mark_start();
        }
    }

    fn policy_looked_at(&mut self, replica: Option<ReplicaIndex>) {
        self.scopes.looked_at(if self.looks_at_all { None } else { replica });
    }

    fn set_threshold(&mut self, value: &str) {
        let text = value.trim().trim_matches('"');
        if let Some(percentage) = text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            self.threshold = percentage / 100.0;
            self.is_threshold_due = true;
            self.scopes.set_threshold(self.threshold);
        }
    }
}

fn count_nodes(is_up: &mut Vec<bool>, counts: &mut NodeCounts, cluster: &Cluster, nodes: &[NodeIndex]) {
    is_up.resize(cluster.nodes().len(), false);
    for node in nodes {
        let query_node = cluster.node(*node);
        let now = query_node.is_alive() && query_node.is_registered;
        let before = std::mem::replace(&mut is_up[node.position()], now);
        counts.end = counts.end + u32::from(now) - u32::from(before);
    }
    counts.peak = counts.peak.max(counts.end);
}

/// The nodes touched with their neighbours on the same host; `gathered` is lent to them.
fn with_neighbours<'a>(
    gathered: &'a mut Vec<NodeIndex>,
    cluster: &Cluster,
    nodes: &'a [NodeIndex],
) -> &'a [NodeIndex] {
    if cluster.hosts().is_empty() {
        return nodes;
    }
    gathered.clear();
    for node in nodes {
        gathered.push(*node);
        if let Some(host) = cluster.node(*node).host {
            gathered.extend(&cluster.hosts()[host].nodes);
        }
    }
    gathered
}
