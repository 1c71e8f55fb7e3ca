//! What is known of the cluster so far, merged from all sources.

use super::note::{Findings, NoteKind, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// A sealed segment.
#[derive(Debug, Default, Clone)]
pub(super) struct Segment {
    /// 0 when the source does not say.
    pub(super) collection: u64,
    /// 0 when the source does not say.
    pub(super) partition: u64,
    pub(super) rows: u64,
    /// None where `mem_size` is missing or 0: Milvus fills it in few releases only.
    pub(super) memory: Option<u64>,
    pub(super) nodes: BTreeSet<u64>,
    /// Set by the snapshot: the list it stood in.
    pub(super) listing: u64,
}

/// A query node as it reports itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct QueryNode {
    pub(super) memory: Option<u64>,
    pub(super) memory_usage: Option<u64>,
    pub(super) cpu: Option<u64>,
}

/// A replica of a collection.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Replica {
    /// 0 when unknown.
    pub(super) id: u64,
    /// 0 until `settle`, when the source does not say.
    pub(super) collection: u64,
    pub(super) collection_name: Option<String>,
    pub(super) nodes: BTreeSet<u64>,
    /// Shard leader by shard, where there is one.
    pub(super) shard_leaders: BTreeMap<u64, Option<u64>>,
    pub(super) resource_group: Option<String>,
}

/// One item of a segment list.
#[derive(Debug, Default)]
pub(super) struct ListedSegment {
    pub(super) id: u64,
    pub(super) segment: Segment,
    pub(super) collection_name: Option<String>,
}

/// The cluster as far as the sources tell.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) segments: BTreeMap<u64, Segment>,
    pub(super) nodes: BTreeMap<u64, QueryNode>,
    pub(super) replicas: Vec<Replica>,
    /// Names by collection id; after `settle` every collection has one.
    pub(super) collection_names: BTreeMap<u64, String>,
    /// Releases the sources state.
    pub(super) releases: BTreeSet<String>,
    pub(super) findings: Findings,
    replica_at: BTreeMap<u64, usize>,
    listing: u64,
}

impl Snapshot {
    /// A new list begins: items of one list add up, items of a later list replace.
    pub(super) fn begin_listing(&mut self) {
        self.listing += 1;
    }

    pub(super) fn add_segment(&mut self, listed: ListedSegment) {
        let ListedSegment { id, mut segment, collection_name } = listed;
        segment.listing = self.listing;
        if let Some(name) = collection_name {
            self.name_collection(segment.collection, name);
        }
        let Some(before) = self.segments.get(&id) else {
            self.segments.insert(id, segment);
            return;
        };
        let mut conflict = |differs: bool, words: &str| {
            if differs {
                self.findings.add(NoteKind::Conflict, words, Subject::Segment(id));
            }
        };
        conflict(before.rows != segment.rows, "listed with different numbers of rows; the last stands");
        let both = before.memory.zip(segment.memory);
        conflict(both.is_some_and(|(a, b)| a != b), "listed with different mem_size; the last stands");
        conflict(before.collection != segment.collection, "listed in different collections; the last stands");
        if before.listing == segment.listing {
            // 2.0 lists a segment once per node.
            segment.nodes.extend(&before.nodes);
        } else {
            conflict(before.nodes != segment.nodes, "on other query nodes in a later list; the last stands");
        }
        segment.memory = segment.memory.or(before.memory);
        self.segments.insert(id, segment);
    }

    pub(super) fn add_node(&mut self, id: u64, node: QueryNode) {
        let merged = match self.nodes.get(&id) {
            Some(before) => {
                let differs = before.memory.zip(node.memory).is_some_and(|(a, b)| a != b)
                    || before.memory_usage.zip(node.memory_usage).is_some_and(|(a, b)| a != b);
                if differs {
                    let words = "reported with different memory or memory_usage; the last stands";
                    self.findings.add(NoteKind::Conflict, words, Subject::QueryNode(id));
                }
                QueryNode {
                    memory: node.memory.or(before.memory),
                    memory_usage: node.memory_usage.or(before.memory_usage),
                    cpu: node.cpu.or(before.cpu),
                }
            }
            None => node,
        };
        self.nodes.insert(id, merged);
    }

    pub(super) fn add_replica(&mut self, replica: Replica) {
        if let Some(name) = replica.collection_name.clone().filter(|_| replica.collection != 0) {
            self.name_collection(replica.collection, name);
        }
        match self.replica_at.get(&replica.id).copied().filter(|_| replica.id != 0) {
            Some(at) => {
                if self.replicas[at] != replica {
                    let words = "its nodes or shard leaders differ between lists; the last stands";
                    self.findings.add(NoteKind::Conflict, words, Subject::Replica(replica.id));
                }
                self.replicas[at] = replica;
            }
            None => {
                if replica.id == 0 && self.replicas.contains(&replica) {
                    return;
                }
                self.replica_at.insert(replica.id, self.replicas.len());
                self.replicas.push(replica);
            }
        }
    }

    fn name_collection(&mut self, id: u64, name: String) {
        if self.collection_names.get(&id).is_some_and(|before| *before != name) {
            let words = "the sources give it two names; the last stands";
            self.findings.add(NoteKind::Conflict, words, Subject::Collection(id));
        }
        self.collection_names.insert(id, name);
    }

    /// All collections with a segment or a replica.
    pub(super) fn collections(&self) -> BTreeSet<u64> {
        let of_segments = self.segments.values().map(|segment| segment.collection);
        of_segments.chain(self.replicas.iter().map(|replica| replica.collection)).collect()
    }

    /// All has been read: replicas find their collections, collections their names.
    pub(super) fn settle(&mut self) {
        self.find_collections_of_replicas();
        let mut taken = BTreeSet::new();
        for id in self.collections() {
            let given = self.collection_names.get(&id).filter(|name| !name.trim().is_empty()).cloned();
            if given.is_none() {
                let words = "the name is not in the sources; named by its id";
                self.findings.add(NoteKind::Default, words, Subject::Collection(id));
            }
            let mut name = given.unwrap_or_else(|| format!("collection_{id}"));
            while !taken.insert(name.clone()) {
                let words = "another collection has the same name; the id was added to it";
                self.findings.add(NoteKind::Conflict, words, Subject::Collection(id));
                name = format!("{name}_{id}");
            }
            self.collection_names.insert(id, name);
        }
        if self.segments.values().any(|segment| segment.collection == 0) {
            let words = "segments without a collection id are taken as one collection";
            self.findings.add(NoteKind::Gap, words, Subject::Whole);
        }
    }

    fn find_collections_of_replicas(&mut self) {
        let ids: BTreeSet<u64> = self.segments.values().map(|segment| segment.collection).collect();
        let by_name: BTreeMap<&String, u64> =
            self.collection_names.iter().map(|(id, name)| (name, *id)).collect();
        for replica in self.replicas.iter_mut().filter(|replica| replica.collection == 0) {
            let named = replica.collection_name.as_ref().and_then(|name| by_name.get(name));
            // A printed replica names its collection only in its channels; one collection needs no name.
            let only = ids.first().filter(|_| ids.len() == 1);
            replica.collection = named.or(only).copied().unwrap_or(0);
        }
        let findings = &mut self.findings;
        self.replicas.retain(|replica| {
            let known = replica.collection != 0 || ids.contains(&0);
            if !known {
                let words = "it does not say of which collection it is; left out";
                findings.add(NoteKind::Skipped, words, Subject::Replica(replica.id));
            }
            known
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(id: u64, node: u64) -> ListedSegment {
        let segment = Segment { collection: 1, rows: 10, nodes: [node].into(), ..Segment::default() };
        ListedSegment { id, segment, collection_name: None }
    }

    #[test]
    fn items_of_one_list_add_up_and_a_later_list_replaces() {
        let mut snapshot = Snapshot::default();
        snapshot.add_segment(listed(5, 1));
        snapshot.add_segment(listed(5, 2));
        assert_eq!(snapshot.segments[&5].nodes, [1, 2].into());
        assert!(snapshot.findings.list.is_empty());
        snapshot.begin_listing();
        snapshot.add_segment(listed(5, 3));
        assert_eq!(snapshot.segments[&5].nodes, [3].into());
        assert_eq!(snapshot.findings.list.len(), 1);
    }

    #[test]
    fn a_replica_without_a_collection_belongs_to_the_only_one() {
        let mut snapshot = Snapshot::default();
        snapshot.add_segment(listed(5, 1));
        snapshot.add_replica(Replica { id: 9, nodes: [1].into(), ..Replica::default() });
        snapshot.settle();
        assert_eq!(snapshot.replicas[0].collection, 1);
        assert_eq!(snapshot.collection_names[&1], "collection_1");
    }
}
