//! One row per scope and node at each sampling instant, for files and plots.

use super::figures::Figures;
use super::sample::{NodeSample, Sample, SampledState, ScopeKind, ScopeSample};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::query_node::NodeState;
use crate::simulation::history::Moment;

/// Somebody who wants the samples as they come.
pub trait SampleSink {
    /// One sampling instant; what is to be kept must be copied.
    fn take(&mut self, sample: &Sample);
}

impl<S: SampleSink + ?Sized> SampleSink for &mut S {
    fn take(&mut self, sample: &Sample) {
        (**self).take(sample);
    }
}

/// Fills one sample over and over and hands it round.
#[derive(Default)]
pub struct Sampler<'a> {
    sinks: Vec<Box<dyn SampleSink + 'a>>,
    sample: Sample,
    /// Positions of the resource groups among the scopes, by name.
    groups: Vec<usize>,
    in_flight: Vec<u32>,
}

impl<'a> Sampler<'a> {
    /// One more who wants the samples.
    pub fn add(&mut self, sink: Box<dyn SampleSink + 'a>) {
        self.sinks.push(sink);
    }

    /// A sampling instant whose figures have been taken.
    pub fn sample(&mut self, moment: Moment<'_>, figures: &Figures) {
        if self.sinks.is_empty() {
            return;
        }
        self.sample.t_ms = moment.now.as_ms();
        self.fill_scopes(moment.cluster, figures);
        fill_nodes(&mut self.sample.nodes, moment.cluster);
        for sink in &mut self.sinks {
            sink.take(&self.sample);
        }
    }

    fn fill_scopes(&mut self, cluster: &Cluster, figures: &Figures) {
        let (scopes, first_replica) = (figures.scopes.all(), figures.scopes.first_replica());
        if self.groups.is_empty() {
            self.groups.extend(1..first_replica);
            self.groups.sort_by(|one, other| scopes[*one].name.cmp(&scopes[*other].name));
        }
        self.in_flight.clear();
        self.in_flight.resize(first_replica, 0);
        self.in_flight[0] = figures.moves.in_flight();
        for (place, replica) in cluster.replicas().iter().enumerate() {
            let in_flight = figures.moves.in_flight_of(ReplicaIndex::at(place));
            self.in_flight[1 + replica.resource_group.position()] += in_flight;
        }
        self.sample.scopes.clear();
        for place in std::iter::once(0).chain(self.groups.iter().copied()) {
            self.sample.scopes.push(row(figures, place, self.in_flight[place]));
        }
        for (place, replica) in cluster.replicas().iter().enumerate() {
            if replica.is_loaded {
                let in_flight = figures.moves.in_flight_of(ReplicaIndex::at(place));
                self.sample.scopes.push(row(figures, first_replica + place, in_flight));
            }
        }
    }
}

fn row(figures: &Figures, place: usize, moves_in_flight: u32) -> ScopeSample {
    let (scope, trackers) = (&figures.scopes.all()[place], figures.scopes.trackers());
    debug_assert!(place > 0 || scope.kind == ScopeKind::Cluster);
    ScopeSample {
        scope: scope.kind,
        name: scope.name.clone(),
        nodes: scope.nodes(trackers),
        memory: scope.memory(trackers),
        rows: scope.rows.values(),
        score: scope.score.values(),
        moves_in_flight,
    }
}

fn fill_nodes(nodes: &mut Vec<NodeSample>, cluster: &Cluster) {
    nodes.clear();
    for node in cluster.node_indices() {
        let state = match cluster.node(node).state {
            NodeState::Absent => continue,
            NodeState::Normal => SampledState::Normal,
            NodeState::Stopping => SampledState::Stopping,
            NodeState::Suspended => SampledState::Suspended,
            NodeState::Down => SampledState::Down,
        };
        nodes.push(node_sample(cluster, node, state));
    }
}

/// A node that is down reports nothing: no use, and no rate.
fn node_sample(cluster: &Cluster, node: NodeIndex, state: SampledState) -> NodeSample {
    let query_node = cluster.node(node);
    let is_alive = query_node.is_alive();
    let used_bytes = if is_alive { cluster.reported_memory(node).used_bytes } else { 0 };
    let memory_bytes = query_node.memory_bytes;
    NodeSample {
        query_node: query_node.id,
        is_streaming: query_node.is_streaming,
        state,
        memory_bytes,
        used_bytes,
        rate: (is_alive && memory_bytes > 0).then(|| used_bytes as f64 / memory_bytes as f64),
        sealed_bytes: query_node.sealed_bytes,
        growing_bytes: query_node.growing_bytes,
        loading_bytes: query_node.loading_bytes,
        sealed_rows: query_node.sealed_rows,
        growing_rows: query_node.growing_rows,
        segments: query_node.segments,
        channels: query_node.channels,
        loads_in_flight: query_node.loads_in_flight,
    }
}
