//! Query nodes that the timeline adds or brings back, with the ids they get.

use super::faults::Faults;
use super::ground::Ground;
use super::ids::IdGiver;
use super::json::Node;
use super::known_keys;
use super::object::Object;
use super::query_nodes::{NodeDraft, PlacedNode};
use super::values::{id, time};
use super::{QueryNodeSpec, StartState};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// What the timeline's entries (by position in the file) bring.
#[derive(Default)]
pub(super) struct Joins {
    /// Ids of the nodes that an `add_query_node` adds.
    pub(super) added: BTreeMap<usize, Vec<i64>>,
    /// The machine, with its new id, that a `return_query_node` brings back.
    pub(super) returned: BTreeMap<usize, QueryNodeSpec>,
    /// False when some node could not be read.
    pub(super) complete: bool,
}

/// Reads all `add_query_node` and `return_query_node` entries and gives out ids, by time.
pub(super) fn read(
    timeline: &[Node],
    ground: &Ground,
    ids: &mut IdGiver,
    within_limits: bool,
    nodes: &mut Vec<PlacedNode>,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Joins {
    let mut joins = Joins { complete: true, ..Joins::default() };
    if !within_limits {
        joins.complete = false;
        return joins;
    }
    let mut machines: BTreeMap<i64, QueryNodeSpec> =
        nodes.iter().map(|node| (node.spec.id, node.spec.clone())).collect();
    let order = in_time_order(timeline);
    for index in &order {
        let Some(node) = timeline[*index].get("add_query_node") else { continue };
        let Some(draft) = NodeDraft::read(node, true, ground, faults, warnings) else {
            joins.complete = false;
            continue;
        };
        let first = nodes.len();
        draft.expand(ids, nodes);
        joins.added.insert(*index, nodes[first..].iter().map(|node| node.spec.id).collect());
    }
    let added: BTreeMap<i64, QueryNodeSpec> =
        nodes.iter().map(|node| (node.spec.id, node.spec.clone())).collect();
    for index in order {
        for id in joins.added.get(&index).into_iter().flatten() {
            machines.insert(*id, added[id].clone());
        }
        let Some(node) = timeline[index].get("return_query_node") else { continue };
        match returned(node, &machines, joins.complete, ids, faults) {
            Some(machine) => {
                machines.insert(machine.id, machine.clone());
                joins.returned.insert(index, machine);
            }
            None => joins.complete = false,
        }
    }
    joins
}

/// Positions of the entries by time, file order at equal times; unreadable times last.
fn in_time_order(timeline: &[Node]) -> Vec<usize> {
    // The reader of the timeline reports what is wrong with a time.
    let mut unheard = Faults::default();
    let times: Vec<SimTime> = timeline
        .iter()
        .map(|entry| entry.get("at").and_then(|at| time(at, &mut unheard)).unwrap_or(SimTime::MAX))
        .collect();
    let mut order: Vec<usize> = (0..timeline.len()).collect();
    order.sort_by_key(|index| (times[*index], *index));
    order
}

fn returned(
    node: &Node,
    machines: &BTreeMap<i64, QueryNodeSpec>,
    complete: bool,
    ids: &mut IdGiver,
    faults: &mut Faults,
) -> Option<QueryNodeSpec> {
    let object = Object::read(node, known_keys::arguments("return_query_node"), faults)?;
    let old = object.require_with("id", faults, id);
    let new = match object.get("new_id") {
        // Whether it is free was checked when all ids were reserved.
        Some(node) => id(node, faults),
        None => Some(ids.give_highest()),
    };
    let (old, new) = (old?, new?);
    let Some(machine) = machines.get(&old) else {
        if complete {
            let at = object.get("id").map_or(node.at, |id| id.at);
            let fault = format!("there is no query node {old} by then");
            faults.add(at, fault, "name a node that has been there before");
        }
        return None;
    };
    Some(QueryNodeSpec { id: new, state: StartState::Absent, ..machine.clone() })
}
