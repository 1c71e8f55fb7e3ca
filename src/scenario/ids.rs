//! Ids: those written in the file are reserved first, then the lowest free ones are given out.

use super::faults::Faults;
use super::json::Node;
use super::values::quiet_id;
use std::collections::BTreeSet;

/// Ids of one kind.
pub(super) struct IdGiver {
    /// Those written in the file.
    reserved: BTreeSet<i64>,
    /// Where the search for the next free id begins; all given out before are below.
    next: i64,
    /// The highest so far.
    highest: i64,
}

impl IdGiver {
    fn starting_at(next: i64) -> IdGiver {
        IdGiver { reserved: BTreeSet::new(), next, highest: 0 }
    }

    /// The lowest free id; it is taken from then on.
    pub(super) fn give(&mut self) -> i64 {
        while self.reserved.contains(&self.next) {
            self.next += 1;
        }
        let id = self.next;
        self.next += 1;
        self.highest = self.highest.max(id);
        id
    }

    /// The highest id so far, plus 1; it is taken from then on.
    pub(super) fn give_highest(&mut self) -> i64 {
        self.highest += 1;
        self.reserved.insert(self.highest);
        self.highest
    }

    /// Reserves the id written in `node`; one that is taken already is a fault.
    fn reserve(&mut self, node: Option<&Node>, what: &str, faults: &mut Faults) {
        let Some(node) = node else { return };
        let Some(id) = quiet_id(node) else { return };
        self.highest = self.highest.max(id);
        if !self.reserved.insert(id) {
            faults.add(node.at, format!("the {what} id {id} is written twice"), "give every one its own id");
        }
    }
}

/// Ids of every kind.
pub(super) struct Ids {
    pub(super) query_nodes: IdGiver,
    pub(super) collections: IdGiver,
    pub(super) partitions: IdGiver,
    pub(super) replicas: IdGiver,
    pub(super) segments: IdGiver,
}

/// Reserves all ids written in the file, the timeline included.
pub(super) fn reserve(root: &Node, faults: &mut Faults) -> Ids {
    let mut ids = Ids {
        query_nodes: IdGiver::starting_at(1),
        collections: IdGiver::starting_at(100),
        partitions: IdGiver::starting_at(1_000),
        replicas: IdGiver::starting_at(10_000),
        segments: IdGiver::starting_at(1_000_000),
    };
    for node in elements(root, "query_nodes") {
        ids.query_nodes.reserve(node.get("id"), "query node", faults);
    }
    for node in elements(root, "streaming_nodes") {
        ids.query_nodes.reserve(node.get("id"), "query node", faults);
    }
    for entry in elements(root, "timeline") {
        let added = entry.get("add_query_node").and_then(|node| node.get("id"));
        ids.query_nodes.reserve(added, "query node", faults);
        let returned = entry.get("return_query_node").and_then(|node| node.get("new_id"));
        ids.query_nodes.reserve(returned, "query node", faults);
    }
    for collection in elements(root, "collections") {
        ids.collections.reserve(collection.get("id"), "collection", faults);
        for partition in elements(collection, "partitions") {
            ids.partitions.reserve(partition.get("id"), "partition", faults);
        }
        for replica in elements(collection, "replicas") {
            ids.replicas.reserve(replica.get("id"), "replica", faults);
        }
        for segment in elements(collection, "segments") {
            ids.segments.reserve(segment.get("id"), "segment", faults);
        }
    }
    ids
}

fn elements<'n, 't>(node: &'n Node<'t>, key: &str) -> &'n [Node<'t>] {
    node.get(key).map_or(&[], Node::elements)
}
