//! Which query nodes there are, for everything that refers to one, and what is put on them.

use super::faults::Faults;
use super::json::Node;
use super::query_nodes::PlacedNode;
use super::values::{id, shown};
use super::{Host, QueryNodeSpec, StartState};
use crate::units::format_bytes;
use std::collections::BTreeMap;

/// The query nodes by id.
pub(super) struct Roster {
    states: BTreeMap<i64, StartState>,
    /// False when the id of some node could not be read: then no reference is called unknown.
    complete: bool,
    /// How many nodes can serve at the start.
    serving: usize,
    /// Bytes of listed segments by node.
    held: BTreeMap<i64, u64>,
}

impl Roster {
    /// The nodes of the file; `complete` says whether all could be read.
    pub(super) fn new(nodes: &[PlacedNode], complete: bool) -> Roster {
        let states: BTreeMap<i64, StartState> =
            nodes.iter().map(|node| (node.spec.id, node.spec.state)).collect();
        let serves = |state: &&StartState| !matches!(state, StartState::Offline | StartState::Absent);
        let serving = states.values().filter(serves).count();
        Roster { states, complete, serving, held: BTreeMap::new() }
    }

    /// Adds an id that a node gets later.
    pub(super) fn add_later(&mut self, id: i64) {
        self.states.entry(id).or_insert(StartState::Absent);
    }

    /// How many nodes can serve at the start; `None` when not all nodes could be read.
    pub(super) fn serving_count(&self) -> Option<usize> {
        self.complete.then_some(self.serving)
    }

    /// The id in `node` of a query node that exists at some time.
    pub(super) fn known(&self, node: &Node, faults: &mut Faults) -> Option<i64> {
        let id = id(node, faults)?;
        if self.complete && !self.states.contains_key(&id) {
            faults.add(node.at, format!("there is no query node {id}"), self.remedy());
            return None;
        }
        Some(id)
    }

    /// The id in `node` of a query node that the coordinator knows at the start.
    pub(super) fn present(&self, node: &Node, faults: &mut Faults) -> Option<i64> {
        let id = self.known(node, faults)?;
        if self.states.get(&id) == Some(&StartState::Absent) {
            let fault = format!("query node {} joins only later", shown(node));
            faults.add(node.at, fault, "name a node of \"query_nodes\"");
            return None;
        }
        Some(id)
    }

    fn remedy(&self) -> String {
        match (self.states.first_key_value(), self.states.last_key_value()) {
            (Some((first, _)), Some((last, _))) if self.states.len() > 8 => {
                format!("known are {} ids from {first} to {last}", self.states.len())
            }
            (Some(_), _) => {
                let ids: Vec<String> = self.states.keys().map(i64::to_string).collect();
                format!("known are {}", ids.join(", "))
            }
            _ => "declare it in \"query_nodes\"".to_owned(),
        }
    }

    /// Puts a listed segment on a node.
    pub(super) fn hold(&mut self, node: i64, bytes: u64) {
        let held = self.held.entry(node).or_default();
        *held = held.saturating_add(bytes);
    }

    /// Faults of nodes that start with more than their memory, and of hosts that do.
    pub(super) fn check_memory(&self, nodes: &[PlacedNode], hosts: &[Host], faults: &mut Faults) {
        let mut on_hosts = vec![0_u64; hosts.len()];
        for PlacedNode { at, spec } in nodes {
            let used = self.used(spec);
            let Some(host) = spec.host else {
                if spec.memory_bytes > 0 && used > spec.memory_bytes {
                    let fault = format!("query node {} starts with {}", spec.id, of(used, spec.memory_bytes));
                    faults.add(*at, fault, "give it more memory or fewer segments");
                }
                continue;
            };
            let before = on_hosts[host];
            on_hosts[host] = before.saturating_add(used);
            let memory = hosts[host].memory_bytes;
            if on_hosts[host] > memory && before <= memory {
                let fault = format!(
                    "with query node {} host \"{}\" starts with {}",
                    spec.id,
                    hosts[host].name,
                    of(on_hosts[host], memory)
                );
                faults.add(*at, fault, "give the host more memory or its nodes fewer segments");
            }
        }
    }

    fn used(&self, spec: &QueryNodeSpec) -> u64 {
        let held = self.held.get(&spec.id).copied().unwrap_or(0);
        match spec.state {
            // No process, no memory; what it holds is the coordinator's record only.
            StartState::Offline => 0,
            StartState::Absent if spec.host.is_some() => 0,
            _ => held.saturating_add(spec.base_memory_bytes),
        }
    }
}

fn of(used: u64, memory: u64) -> String {
    format!("{used} bytes ({}) of {memory} ({})", format_bytes(used), format_bytes(memory))
}
