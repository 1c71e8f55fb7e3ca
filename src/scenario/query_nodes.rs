//! Query nodes: those present at the start, and those that the timeline adds.

use super::faults::Faults;
use super::ground::Ground;
use super::ids::IdGiver;
use super::json::{Node, Place};
use super::known_keys;
use super::limits::BYTES_MAX;
use super::object::Object;
use super::values::{count, count_u32, id, list, rate, size, text, word};
use super::{QueryNodeSpec, StartState};
use crate::release::Quirk;

/// One entry of the file: a node with its id, or so many alike.
pub(super) struct NodeDraft {
    /// Where the entry stands.
    pub(super) at: Place,
    /// The id written in the file.
    id: Option<i64>,
    /// How many nodes; 0 when the number cannot be used.
    count: u64,
    /// The node; its id is still to be given.
    machine: QueryNodeSpec,
}

/// A query node with the place of its entry, for messages about it.
pub(super) struct PlacedNode {
    pub(super) at: Place,
    pub(super) spec: QueryNodeSpec,
}

impl NodeDraft {
    /// Reads an entry of `query_nodes`, or with `joins` the arguments of `add_query_node`.
    ///
    /// `None` means that at least its id is not known.
    pub(super) fn read(
        node: &Node,
        joins: bool,
        ground: &Ground,
        faults: &mut Faults,
        warnings: &mut Vec<String>,
    ) -> Option<NodeDraft> {
        let object = Object::read(node, known_keys::QUERY_NODE, faults)?;
        if let (Some(_), Some(count)) = (object.get("id"), object.get("count")) {
            let remedy = "leave one out: ids of counted nodes are given out";
            faults.add(count.at, "a node has both \"id\" and \"count\"", remedy);
        }
        let id = object.read_with("id", faults, id);
        let many = object.read_with("count", faults, |node, faults| count(node, 0, u64::MAX, faults));
        let host = object.read_with("host", faults, |node, faults| ground.host(node, faults));
        let memory_bytes = memory(&object, faults, warnings);
        let base_memory_bytes = object.read_with("base_memory", faults, size).unwrap_or(0);
        let cpu = object.read_with("cpu", faults, |node, faults| count_u32(node, 1, faults)).unwrap_or(8);
        let group = object.read_with("resource_group", faults, |node, faults| ground.group(node, faults));
        let state = object.read_with("state", faults, |node, faults| state(node, joins, ground, faults));
        let machine = QueryNodeSpec {
            id: 0,
            memory_bytes,
            base_memory_bytes,
            disk_bytes: object.read_with("disk", faults, size).unwrap_or(0),
            cpu,
            resource_group: group.unwrap_or(0),
            labels: object.read_with("labels", faults, labels).unwrap_or_default(),
            load_bandwidth_bytes_per_s: object.read_with("load_bandwidth", faults, rate),
            state: if joins { StartState::Absent } else { state.unwrap_or(StartState::Normal) },
            host,
        };
        if object.get("id").is_some() && id.is_none() || object.get("count").is_some() && many.is_none() {
            return None;
        }
        Some(NodeDraft { at: node.at, id, count: many.unwrap_or(1), machine })
    }

    /// Appends the nodes of this entry, ids given out.
    pub(super) fn expand(self, ids: &mut IdGiver, nodes: &mut Vec<PlacedNode>) {
        for _ in 0..self.count {
            let id = self.id.unwrap_or_else(|| ids.give());
            nodes.push(PlacedNode { at: self.at, spec: QueryNodeSpec { id, ..self.machine.clone() } });
        }
    }
}

/// The streaming nodes of 2.6 and later; without any in the file one is assumed. Their ids come after those of
/// all query nodes, so that a query node has the same id in every release.
pub(super) fn streaming(
    root: &Object,
    ground: &Ground,
    ids: &mut IdGiver,
    within_limits: bool,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Vec<QueryNodeSpec> {
    if !ground.is_bound_by(Quirk::StreamingNodes) {
        if let Some(elements) = root.get("streaming_nodes").and_then(|node| list(node, faults)) {
            // What is wrong with them is told all the same; what one should know of them is nothing.
            for element in elements {
                NodeDraft::read(element, false, ground, faults, &mut Vec::new());
            }
            warnings.push(format!(
                "streaming_nodes is inert: Milvus {} has none, its channels live on query nodes",
                ground.release
            ));
        }
        return Vec::new();
    }
    let Some(list) = root.get("streaming_nodes").map(|node| (node.at, list(node, faults).unwrap_or(&[])))
    else {
        warnings.push("streaming_nodes is left out: one streaming node of 32.0 GiB is assumed".to_owned());
        return vec![assumed(ids.give())];
    };
    let mut nodes = Vec::new();
    for element in list.1 {
        match NodeDraft::read(element, false, ground, faults, warnings) {
            Some(draft) if within_limits => draft.expand(ids, &mut nodes),
            _ => {}
        }
    }
    if list.1.is_empty() {
        faults.add(list.0, "there is no streaming node", "write at least one, or leave it out");
    }
    let mut nodes: Vec<QueryNodeSpec> = nodes.into_iter().map(|node| node.spec).collect();
    nodes.sort_by_key(|node| node.id);
    nodes
}

fn assumed(id: i64) -> QueryNodeSpec {
    QueryNodeSpec {
        id,
        memory_bytes: 32 << 30,
        base_memory_bytes: 0,
        disk_bytes: 0,
        cpu: 8,
        resource_group: 0,
        labels: Vec::new(),
        load_bandwidth_bytes_per_s: None,
        state: StartState::Normal,
        host: None,
    }
}

fn memory(object: &Object, faults: &mut Faults, warnings: &mut Vec<String>) -> u64 {
    match (object.get("memory"), object.get("host")) {
        (Some(memory), Some(_)) => {
            let remedy = "leave it out, or leave out \"host\"";
            faults.add(memory.at, "a node on a host has no memory of its own", remedy);
            0
        }
        (None, Some(_)) => 0,
        (None, None) => {
            let remedy = "add \"memory\", or \"host\" for a node without a limit of its own";
            faults.add(object.node.at, "\"memory\" is missing", remedy);
            BYTES_MAX
        }
        (Some(memory), None) => {
            let bytes = size(memory, faults);
            if bytes == Some(0) {
                let who = object.get("id").map_or("a query node".to_owned(), |id| {
                    format!("query node {}", super::values::shown(id))
                });
                warnings.push(format!("{who} has memory 0: it reports no memory at all"));
            }
            bytes.unwrap_or(BYTES_MAX)
        }
    }
}

fn labels(node: &Node, faults: &mut Faults) -> Option<Vec<(String, String)>> {
    let object = Object::read_open(node, faults)?;
    let mut labels = Vec::new();
    for member in object.members() {
        let value = text(&member.value, faults).unwrap_or_default();
        labels.push((member.name.to_string(), value.to_owned()));
    }
    labels.sort();
    Some(labels)
}

fn state(node: &Node, joins: bool, ground: &Ground, faults: &mut Faults) -> Option<StartState> {
    let words = [
        ("normal", StartState::Normal),
        ("stopping", StartState::Stopping),
        ("suspended", StartState::Suspended),
        ("offline", StartState::Offline),
    ];
    let state = word(node, &words, faults)?;
    let release = ground.release;
    if joins && state != StartState::Normal {
        faults.add(node.at, "a node that joins is in state normal", "leave \"state\" out");
    } else if state == StartState::Stopping && ground.is_bound_by(Quirk::StopsWithoutDraining) {
        let fault = format!("state \"stopping\" is not simulated for Milvus {release}, which drains no node");
        faults.add(node.at, fault, "write \"normal\" or \"offline\"");
    } else if state == StartState::Suspended && ground.lacks(Quirk::TransfersSegments) {
        let fault =
            format!("state \"suspended\" is not simulated for Milvus {release}, which suspends no node");
        faults.add(node.at, fault, "write \"normal\" or \"offline\"");
    }
    Some(state)
}
