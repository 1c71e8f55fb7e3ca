//! Query nodes as the model has them, from what a scenario declares.

use crate::model::ids::ResourceGroupIndex;
use crate::model::query_node::{NodeState, QueryNode};
use crate::scenario::{QueryNodeSpec, Scenario, StartState};

/// A query node as the model has it.
pub fn query_node(spec: &QueryNodeSpec, scenario: &Scenario) -> QueryNode {
    let host_memory = spec.host.map(|host| scenario.hosts[host].memory_bytes);
    let is_present = !matches!(spec.state, StartState::Absent | StartState::Offline);
    QueryNode {
        base_memory_bytes: spec.base_memory_bytes,
        disk_bytes: spec.disk_bytes,
        cpu: spec.cpu,
        resource_group: ResourceGroupIndex::at(spec.resource_group),
        host: spec.host,
        load_bandwidth_bytes_per_s: spec
            .load_bandwidth_bytes_per_s
            .unwrap_or(scenario.hardware.load_bandwidth_bytes_per_s),
        state: match spec.state {
            StartState::Normal => NodeState::Normal,
            StartState::Stopping => NodeState::Stopping,
            StartState::Suspended => NodeState::Suspended,
            StartState::Offline => NodeState::Down,
            StartState::Absent => NodeState::Absent,
        },
        is_registered: is_present,
        ..QueryNode::empty(spec.id, host_memory.unwrap_or(spec.memory_bytes))
    }
}

/// The query node embedded in a streaming node (2.6 and later): channels live there.
pub fn streaming_node(spec: &QueryNodeSpec, scenario: &Scenario) -> QueryNode {
    QueryNode { is_streaming: true, ..query_node(spec, scenario) }
}
