//! Sealed segments of a collection: written out, or to be drawn.

use super::collections::{Partitions, Surroundings};
use super::distribution_reader::{self, Numbers};
use super::faults::Faults;
use super::json::{Json, Node};
use super::known_keys;
use super::limits::BYTES_MAX;
use super::object::Object;
use super::replicas::Replicas;
use super::values::{count, count_u32, id, quiet_id, shown, size};
use super::words::remedy;
use super::{ReplicaSpec, SegmentSpec, Segments};
use std::collections::BTreeMap;

/// What a segment has to fit to.
pub(super) struct Facts<'f> {
    pub(super) loaded: bool,
    pub(super) shards: u32,
    pub(super) bytes_per_row: u64,
    pub(super) partitions: &'f Partitions,
    pub(super) replicas: &'f Replicas,
}

/// Reads `segments` of a collection; left out, there are none.
pub(super) fn read(
    node: Option<&Node>,
    facts: &Facts,
    around: &mut Surroundings,
    faults: &mut Faults,
) -> Segments {
    let Some(node) = node else { return Segments::Listed(Vec::new()) };
    match &node.json {
        Json::Object(_) => generated(node, facts, around, faults),
        Json::Array(elements) => {
            // Without a declared membership, the segments themselves say which replica a node serves.
            let mut serves = BTreeMap::new();
            let mut listed: Vec<SegmentSpec> = elements
                .iter()
                .filter_map(|element| segment(element, facts, around, &mut serves, faults))
                .collect();
            listed.sort_by_key(|segment| segment.id);
            Segments::Listed(listed)
        }
        _ => {
            let fault = format!("{} where segments belong", shown(node));
            let remedy = "write [ ... ], or { \"count\": .., \"rows\": .. } to have them drawn";
            faults.add(node.at, fault, remedy);
            Segments::Listed(Vec::new())
        }
    }
}

fn generated(node: &Node, facts: &Facts, around: &mut Surroundings, faults: &mut Faults) -> Segments {
    let none = Segments::Listed(Vec::new());
    let Some(object) = Object::read(node, known_keys::GENERATED_SEGMENTS, faults) else { return none };
    let number = object.require_with("count", faults, |node, faults| count(node, 0, u64::MAX, faults));
    let rows = object
        .require_with("rows", faults, |node, faults| distribution_reader::read(node, Numbers::Rows, faults));
    let memory = object
        .read_with("memory", faults, |node, faults| distribution_reader::read(node, Numbers::Bytes, faults));
    if object.get("memory").is_none() && facts.bytes_per_row == 0 {
        faults.add(node.at, "the segments have no memory size", SIZE_REMEDY);
    }
    let (Some(number), Some(rows)) = (number, rows) else { return none };
    let number = if around.within_limits { number } else { 0 };
    let ids = (0..number).map(|_| around.ids.segments.give()).collect();
    Segments::Generated { ids, rows, memory }
}

const SIZE_REMEDY: &str = "give \"memory\" here or \"bytes_per_row\" to the collection";

fn segment(
    node: &Node,
    facts: &Facts,
    around: &mut Surroundings,
    serves: &mut BTreeMap<i64, usize>,
    faults: &mut Faults,
) -> Option<SegmentSpec> {
    let object = Object::read(node, known_keys::SEGMENT, faults)?;
    let id = object.read_with("id", faults, id).unwrap_or_else(|| around.ids.segments.give());
    let rows = object.require_with("rows", faults, |node, faults| count_u32(node, 0, faults));
    let memory_bytes = memory(&object, rows, facts, faults);
    let log_bytes = object.read_with("log_size", faults, size).unwrap_or(memory_bytes);
    let shard = object.read_with("shard", faults, |node, faults| {
        let shard = count_u32(node, 0, faults)?;
        if shard >= facts.shards {
            let fault = format!("there is no shard {shard}");
            faults.add(node.at, fault, format!("shards run from 0 to {}", facts.shards - 1));
        }
        Some(shard)
    });
    let partition = object.read_with("partition", faults, |node, faults| partition(node, facts, faults));
    let query_nodes = object
        .read_with("query_node", faults, |node, faults| query_nodes(node, facts, around, serves, faults));
    let query_nodes = query_nodes.unwrap_or_default();
    for query_node in &query_nodes {
        around.roster.hold(*query_node, memory_bytes);
    }
    Some(SegmentSpec {
        id,
        rows: rows?,
        memory_bytes,
        log_bytes,
        shard: shard.unwrap_or(0),
        partition: partition.unwrap_or(facts.partitions.first),
        query_nodes,
    })
}

fn memory(object: &Object, rows: Option<u32>, facts: &Facts, faults: &mut Faults) -> u64 {
    if object.get("memory").is_some() {
        return object.read_with("memory", faults, size).unwrap_or(0);
    }
    if facts.bytes_per_row == 0 {
        faults.add(object.node.at, "the segment has no memory size", SIZE_REMEDY);
        return 0;
    }
    let bytes = u64::from(rows.unwrap_or(0)).checked_mul(facts.bytes_per_row);
    bytes.filter(|bytes| *bytes <= BYTES_MAX).unwrap_or_else(|| {
        faults.add(object.node.at, "rows x \"bytes_per_row\" is more than 1PiB", "write smaller numbers");
        0
    })
}

/// A partition by its name, or by its id as a number.
fn partition(node: &Node, facts: &Facts, faults: &mut Faults) -> Option<usize> {
    let partitions = &facts.partitions.sorted;
    let found = match &node.json {
        Json::Text(name) => partitions.iter().position(|partition| partition.name == *name),
        _ => {
            let id = quiet_id(node);
            partitions.iter().position(|partition| Some(partition.id) == id)
        }
    };
    if found.is_none() {
        let names = partitions.iter().map(|partition| partition.name.as_str());
        let name = if let Json::Text(name) = &node.json { name } else { "" };
        faults.add(node.at, format!("there is no partition {}", shown(node)), remedy(name, names));
    }
    found
}

/// The nodes that hold a segment, one per replica, in the order of the replicas' ids.
fn query_nodes(
    node: &Node,
    facts: &Facts,
    around: &Surroundings,
    serves: &mut BTreeMap<i64, usize>,
    faults: &mut Faults,
) -> Option<Vec<i64>> {
    let single = std::slice::from_ref(node);
    let elements = if let Json::Array(elements) = &node.json { elements } else { single };
    let written: Vec<Option<i64>> =
        elements.iter().map(|element| around.roster.present(element, faults)).collect();
    let written: Vec<i64> = written.into_iter().collect::<Option<_>>()?;
    if !facts.loaded {
        let fault = "a collection that is not loaded has segments on no query node";
        faults.add(node.at, fault, "leave \"query_node\" out, or set \"loaded\" to true");
        return None;
    }
    if !facts.replicas.complete {
        return None;
    }
    let number = facts.replicas.order.len();
    if written.len() != number {
        let fault = format!("{} query nodes for {number} replicas", written.len());
        faults.add(node.at, fault, "name one query node per replica");
        return None;
    }
    for (position, (id, element)) in written.iter().zip(elements).enumerate() {
        check_member(position, *id, element, facts, serves, faults);
    }
    Some(facts.replicas.order.iter().map(|position| written[*position]).collect())
}

/// The node `id`, named for the replica at this position of the file, must belong to it.
fn check_member(
    position: usize,
    id: i64,
    element: &Node,
    facts: &Facts,
    serves: &mut BTreeMap<i64, usize>,
    faults: &mut Faults,
) {
    let by_id = facts.replicas.order.iter().position(|in_file| *in_file == position);
    if let (ReplicaSpec::Fixed(replicas), Some(by_id)) = (&facts.replicas.spec, by_id) {
        let replica = &replicas[by_id];
        if !replica.query_nodes.contains(&id) && !replica.ro_query_nodes.contains(&id) {
            let fault = format!("query node {id} is outside replica {}", replica.id);
            faults.add(element.at, fault, "name a node of the replica");
        }
    } else if *serves.entry(id).or_insert(position) != position {
        let fault = format!("query node {id} is in two replicas of the collection");
        faults.add(element.at, fault, "a node belongs to one replica of a collection at most");
    }
}
