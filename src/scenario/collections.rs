//! Collections: partitions, replicas, placement; their segments are read beside.

use super::distribution_reader::check_weights;
use super::faults::Faults;
use super::ground::Ground;
use super::hardware::search_cost;
use super::ids::Ids;
use super::json::{Json, Node};
use super::known_keys;
use super::limits::SHARDS_MAX;
use super::object::Object;
use super::replicas::{self, Replicas};
use super::roster::Roster;
use super::segments;
use super::values::{boolean, count, id, list, name, number_from_zero, size};
use super::words::{quoted, remedy};
use super::{CollectionSpec, Partition, Placement, ReplicaSpec};
use std::collections::{BTreeMap, BTreeSet};

/// The collections, ascending by id, to be found by name.
pub(super) struct Catalog {
    pub(super) collections: Vec<CollectionSpec>,
    by_name: BTreeMap<String, usize>,
    /// False when some collection could not be read.
    complete: bool,
}

impl Catalog {
    /// Whether a collection has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Position of the collection named in `node`.
    pub(super) fn position(&self, node: &Node, faults: &mut Faults) -> Option<usize> {
        let wanted = name(node, faults)?;
        let found = self.by_name.get(wanted).copied();
        if found.is_none() && self.complete {
            let remedy = remedy(wanted, self.by_name.keys().map(String::as_str));
            faults.add(node.at, format!("there is no collection {}", quoted(wanted)), remedy);
        }
        found
    }
}

/// What reading a collection needs besides its own entry.
pub(super) struct Surroundings<'s> {
    pub(super) ground: &'s Ground,
    pub(super) roster: &'s mut Roster,
    pub(super) ids: &'s mut Ids,
    /// False when a limit was broken: then nothing is generated.
    pub(super) within_limits: bool,
}

/// Partitions of a collection, ascending by id, and where the first of the file has gone.
pub(super) struct Partitions {
    pub(super) sorted: Vec<Partition>,
    pub(super) first: usize,
}

/// Reads `collections`.
pub(super) fn read(node: Option<&Node>, around: &mut Surroundings, faults: &mut Faults) -> Catalog {
    let elements = node.and_then(|node| list(node, faults)).unwrap_or(&[]);
    let mut names = BTreeSet::new();
    let mut collections = Vec::new();
    for element in elements {
        let Some(spec) = collection(element, around, faults) else { continue };
        if !spec.name.is_empty() && !names.insert(spec.name.clone()) {
            let at = element.get("name").map_or(element.at, |name| name.at);
            let fault = format!("the collection {} is declared twice", quoted(&spec.name));
            faults.add(at, fault, "give every collection its own name");
        }
        collections.push(spec);
    }
    collections.sort_by_key(|collection| collection.id);
    let complete =
        collections.len() == elements.len() && !collections.iter().any(|spec| spec.name.is_empty());
    let by_name =
        collections.iter().enumerate().map(|(position, spec)| (spec.name.clone(), position)).collect();
    Catalog { collections, by_name, complete }
}

fn collection(node: &Node, around: &mut Surroundings, faults: &mut Faults) -> Option<CollectionSpec> {
    let object = Object::read(node, known_keys::COLLECTION, faults)?;
    let name = object.require_with("name", faults, name).unwrap_or_default().to_owned();
    let id = object.read_with("id", faults, id).unwrap_or_else(|| around.ids.collections.give());
    let loaded = object.read_with("loaded", faults, boolean).unwrap_or(true);
    let shards = object.read_with("shards", faults, |node, faults| count(node, 1, SHARDS_MAX, faults));
    let shards = shards.map_or(1, |shards| shards as u32);
    let bytes_per_row = object.read_with("bytes_per_row", faults, size).unwrap_or(0);
    let partitions = partitions(object.get("partitions"), around, faults);
    let replicas = replicas::read(&object, loaded, shards, around, faults);
    let facts =
        segments::Facts { loaded, shards, bytes_per_row, partitions: &partitions, replicas: &replicas };
    let segments = segments::read(object.get("segments"), &facts, around, faults);
    let placement = object
        .read_with("placement", faults, |node, faults| placement(node, around.roster, faults))
        .unwrap_or(Placement::Balanced);
    check_placement(&object, &placement, &replicas, faults);
    Some(CollectionSpec {
        name,
        id,
        loaded,
        shards,
        partitions: partitions.sorted,
        replicas: replicas.spec,
        resource_groups: replicas.groups,
        bytes_per_row,
        disk_bytes_per_row: object.read_with("disk_bytes_per_row", faults, size).unwrap_or(0),
        segments,
        placement,
        search_cost: object.read_with("search_cost", faults, search_cost),
    })
}

fn partitions(node: Option<&Node>, around: &mut Surroundings, faults: &mut Faults) -> Partitions {
    let mut found: Vec<Partition> = Vec::new();
    for element in node.and_then(|node| list(node, faults)).unwrap_or(&[]) {
        let Some(object) = Object::read(element, known_keys::PARTITION, faults) else { continue };
        let name = object.require_with("name", faults, name).unwrap_or_default().to_owned();
        let id = object.read_with("id", faults, id).unwrap_or_else(|| around.ids.partitions.give());
        if !name.is_empty() && found.iter().any(|partition| partition.name == name) {
            let fault = format!("the partition {} is declared twice", quoted(&name));
            faults.add(element.at, fault, "keep one of them");
        }
        found.push(Partition { name, id });
    }
    if found.is_empty() {
        if let Some(node) =
            node.filter(|node| matches!(node.json, Json::Array(_)) && node.elements().is_empty())
        {
            let remedy = "leave \"partitions\" out for one called \"_default\"";
            faults.add(node.at, "a collection has at least one partition", remedy);
        }
        found.push(Partition { name: "_default".to_owned(), id: around.ids.partitions.give() });
    }
    let first_id = found[0].id;
    found.sort_by_key(|partition| partition.id);
    let first = found.iter().position(|partition| partition.id == first_id).unwrap_or(0);
    Partitions { sorted: found, first }
}

fn placement(node: &Node, roster: &Roster, faults: &mut Faults) -> Option<Placement> {
    match &node.json {
        Json::Text(word) if word == "balanced" => return Some(Placement::Balanced),
        Json::Text(word) if word == "round_robin" => return Some(Placement::RoundRobin),
        Json::Text(word) if word == "random" => return Some(Placement::Random),
        Json::Object(_) => {}
        _ => {
            let fault = format!("{} is no placement", super::values::shown(node));
            let remedy = "write \"balanced\", \"round_robin\", \"random\", { \"only\": [1, 2] } or { \"weights\": { \"1\": 3 } }";
            faults.add(node.at, fault, remedy);
            return None;
        }
    }
    let object = Object::read(node, known_keys::PLACEMENT, faults)?;
    match (object.get("only"), object.get("weights")) {
        (Some(only), None) => {
            let nodes: Vec<Option<i64>> =
                list(only, faults)?.iter().map(|id| roster.present(id, faults)).collect();
            if nodes.is_empty() {
                faults.add(only.at, "\"only\" names no query node", "name at least one");
            }
            nodes.into_iter().collect::<Option<Vec<i64>>>().map(Placement::Only)
        }
        (None, Some(weights)) => weighted(weights, roster, faults),
        _ => {
            faults.add(node.at, "a placement is either \"only\" or \"weights\"", "write one of them");
            None
        }
    }
}

fn weighted(node: &Node, roster: &Roster, faults: &mut Faults) -> Option<Placement> {
    let object = Object::read_open(node, faults)?;
    let mut weights = Vec::new();
    for member in object.members() {
        // The key is read as an id of its own, at its own place.
        let key = Node { at: member.at, json: Json::Text(member.name.clone()) };
        let weight = number_from_zero(&member.value, faults);
        if let (Some(id), Some(weight)) = (roster.present(&key, faults), weight) {
            weights.push((id, weight));
        }
    }
    if weights.len() == object.members().len() {
        let plain: Vec<f64> = weights.iter().map(|(_, weight)| *weight).collect();
        check_weights(node, &plain, faults)?;
    }
    weights.sort_by_key(|(id, _)| *id);
    if let Some(pair) = weights.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        faults.add(node.at, format!("query node {} has two weights", pair[0].0), "keep one of them");
    }
    Some(Placement::Weights(weights))
}

/// Nodes of a placement must belong to a replica, where the scenario fixes the replicas.
fn check_placement(object: &Object, placement: &Placement, replicas: &Replicas, faults: &mut Faults) {
    let (Some(node), ReplicaSpec::Fixed(fixed)) = (object.get("placement"), &replicas.spec) else { return };
    let nodes: Vec<i64> = match placement {
        Placement::Only(nodes) => nodes.clone(),
        Placement::Weights(weights) => weights.iter().map(|(id, _)| *id).collect(),
        _ => return,
    };
    for id in nodes {
        let held = |members: &Vec<i64>| members.contains(&id);
        if !fixed.iter().any(|replica| held(&replica.query_nodes) || held(&replica.ro_query_nodes)) {
            let fault = format!("query node {id} is in no replica of the collection");
            faults.add(node.at, fault, "name nodes of its replicas");
        }
    }
}
