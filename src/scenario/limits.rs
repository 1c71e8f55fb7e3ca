//! How large a scenario may be; checked before anything of that size is allocated.

use super::decimal::{Unfit, whole};
use super::faults::Faults;
use super::json::{Json, Node, Place};

/// Most query nodes, streaming nodes and those that join later included.
pub const QUERY_NODES_MAX: u64 = 20_000;
/// Most sealed segments at the start.
const SEGMENTS_MAX: u64 = 20_000_000;
/// Most collections.
const COLLECTIONS_MAX: u64 = 100_000;
/// Longest time in milliseconds: 366 days.
pub const DURATION_MAX_MS: u64 = 366 * 86_400_000;
/// Largest size: 1 PiB. Keeps every product of the simulation far from overflow.
pub(super) const BYTES_MAX: u64 = 1 << 50;
/// Greatest id: 2^62, so that what is born in a run finds higher ones.
pub(super) const ID_MAX: i64 = 1 << 62;
/// Most shards of a collection.
pub(super) const SHARDS_MAX: u64 = 1_024;
/// Most replicas of all collections together, and most shards of all.
const REPLICAS_MAX: u64 = 1_000_000;

/// Whether the scenario keeps the limits; when not, a fault says which not, and no list may be generated.
pub(super) fn check(root: &Node, faults: &mut Faults) -> bool {
    let before = faults.count();
    check_query_nodes(root, faults);
    check_collections(root, faults);
    faults.count() == before
}

fn check_query_nodes(root: &Node, faults: &mut Faults) {
    let mut sum = Sum { total: 0, most: QUERY_NODES_MAX, what: "query nodes" };
    for list in ["query_nodes", "streaming_nodes"] {
        for node in root.get(list).map_or(&[][..], Node::elements) {
            sum.add(node.get("count"), node.at, 1, faults);
        }
    }
    for entry in root.get("timeline").map_or(&[][..], Node::elements) {
        if let Some(node) = entry.get("add_query_node") {
            sum.add(node.get("count"), node.at, 1, faults);
        }
        if let Some(node) = entry.get("return_query_node") {
            sum.add(None, node.at, 1, faults);
        }
    }
}

fn check_collections(root: &Node, faults: &mut Faults) {
    let collections = root.get("collections").map_or(&[][..], Node::elements);
    if collections.len() as u64 > COLLECTIONS_MAX {
        let fault = format!("{} collections are more than {COLLECTIONS_MAX}", collections.len());
        faults.add(collections[0].at, fault, format!("keep to {COLLECTIONS_MAX} collections"));
    }
    let mut segments = Sum { total: 0, most: SEGMENTS_MAX, what: "segments" };
    let mut replicas = Sum { total: 0, most: REPLICAS_MAX, what: "replicas" };
    let mut shards = Sum { total: 0, most: REPLICAS_MAX, what: "shards" };
    for collection in collections {
        if let Some(listed) = collection.get("segments") {
            match &listed.json {
                Json::Object(_) => segments.add(listed.get("count"), listed.at, 0, faults),
                _ => segments.add(None, listed.at, listed.elements().len() as u64, faults),
            }
        }
        replicas.add(collection.get("replicas"), collection.at, 1, faults);
        shards.add(collection.get("shards"), collection.at, 1, faults);
    }
}

/// A sum that never overflows and reports once that it grew too large.
struct Sum {
    total: u64,
    most: u64,
    what: &'static str,
}

impl Sum {
    /// Adds the number written in `count`, or `default`. What is no number is reported by its reader.
    fn add(&mut self, count: Option<&Node>, at: Place, default: u64, faults: &mut Faults) {
        let at = count.map_or(at, |count| count.at);
        let number = match count.map(|count| &count.json) {
            Some(Json::Number(number)) => match whole(number, 1) {
                Ok(number) => number,
                Err(Unfit::TooLarge) => u64::MAX,
                Err(_) => 0,
            },
            _ => default,
        };
        let before = self.total;
        self.total = self.total.saturating_add(number);
        if self.total > self.most && before <= self.most {
            let fault = format!("here the scenario comes to {} {}", self.total, self.what);
            faults.add(at, fault, format!("keep to {} {}", self.most, self.what));
        }
    }
}
