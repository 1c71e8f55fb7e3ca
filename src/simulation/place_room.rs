//! Nodes turn away at t = 0 what their own memory check would refuse, so that a start is one that can exist.

use crate::coordinator::keys::Value;
use crate::coordinator::v2::settings::Settings;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::policy::watch::Watch;
use crate::query_node::load_guard_v2::{LoadRequestV2, check};
use crate::release::{Quirk, Release};
use crate::scenario::Scenario;

/// `queryNode.loadMemoryUsageFactor`: by how much a segment's estimate is multiplied (2.2: 3, since 2.3: 1).
pub(super) fn usage_factor(scenario: &Scenario) -> f64 {
    match scenario.config.value("queryNode.loadMemoryUsageFactor") {
        Some(Value::Float(factor)) => *factor,
        Some(Value::Int(factor)) => *factor as f64,
        _ if scenario.release.has(Quirk::OneCheckerLoop) => 3.0,
        _ => 1.0,
    }
}

/// The memory check of the nodes of 2.2 and later, as far as it matters before anything happens.
pub(super) struct Room {
    release: Release,
    threshold: f64,
    usage_factor: f64,
    watch: Watch,
}

impl Room {
    /// The check as a scenario sets it.
    pub(super) fn new(scenario: &Scenario, watch: &Watch) -> Room {
        Room {
            release: scenario.release,
            threshold: Settings::of(scenario.release, &scenario.config).overload_threshold(),
            usage_factor: usage_factor(scenario),
            watch: watch.clone(),
        }
    }

    /// Whether a node lets a segment in, nothing else being loaded.
    pub(super) fn lets_in(&mut self, cluster: &Cluster, segment: SegmentIndex, node: NodeIndex) -> bool {
        let collection = cluster.segments().collection(segment);
        let request = LoadRequestV2 {
            sizes: &[cluster.segments().log_bytes(segment)],
            committed_bytes: 0,
            workers: cluster.node(node).cpu,
            usage_factor: self.usage_factor,
            collection_id: cluster.collection(collection).id,
        };
        let memory = cluster.reported_memory(node);
        check(self.release, request, memory, self.threshold, &mut self.watch).is_ok()
    }
}
