//! Names and ids replaced, so that a scenario tells nothing of whose cluster it was.

use super::note::Subject;
use super::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Old ids in ascending order to new ones from `first` on: what is decided by the lower id stays so.
struct Renumbering {
    by_old: BTreeMap<u64, u64>,
}

impl Renumbering {
    fn of(ids: impl IntoIterator<Item = u64>, first: u64) -> Renumbering {
        let known: BTreeSet<u64> = ids.into_iter().filter(|id| *id != 0).collect();
        Renumbering { by_old: known.into_iter().zip(first..).collect() }
    }

    /// 0 is no id and stays.
    fn new_id(&self, old: u64) -> u64 {
        self.by_old.get(&old).copied().unwrap_or(0)
    }
}

/// Replaces in place, findings included; must come before anything is put into words.
pub(super) fn redact(snapshot: &mut Snapshot) {
    let subjects = || snapshot.findings.list.iter().flat_map(|(_, _, subjects)| subjects);
    let segment = |subject: &Subject| if let Subject::Segment(id) = subject { Some(*id) } else { None };
    let node = |subject: &Subject| if let Subject::QueryNode(id) = subject { Some(*id) } else { None };
    let replica = |subject: &Subject| if let Subject::Replica(id) = subject { Some(*id) } else { None };
    let of_replicas = snapshot.replicas.iter().flat_map(|replica| {
        replica.nodes.iter().copied().chain(replica.shard_leaders.values().filter_map(|leader| *leader))
    });
    let of_segments = snapshot.segments.values().flat_map(|segment| segment.nodes.iter().copied());
    let all_nodes = snapshot.nodes.keys().copied().chain(of_replicas).chain(of_segments);

    // Where generated ids of a scenario begin, kind by kind.
    let nodes = Renumbering::of(all_nodes.chain(subjects().filter_map(node)), 1);
    let collections = Renumbering::of(snapshot.collection_names.keys().copied(), 100);
    let partitions = Renumbering::of(snapshot.segments.values().map(|segment| segment.partition), 1_000);
    let all_replicas = snapshot.replicas.iter().map(|replica| replica.id);
    let replicas = Renumbering::of(all_replicas.chain(subjects().filter_map(replica)), 10_000);
    let all_segments = snapshot.segments.keys().copied().chain(subjects().filter_map(segment));
    let segments = Renumbering::of(all_segments, 1_000_000);

    for segment in snapshot.segments.values_mut() {
        segment.collection = collections.new_id(segment.collection);
        segment.partition = partitions.new_id(segment.partition);
        segment.nodes = segment.nodes.iter().map(|node| nodes.new_id(*node)).collect();
    }
    let old = std::mem::take(&mut snapshot.segments);
    snapshot.segments = old.into_iter().map(|(id, segment)| (segments.new_id(id), segment)).collect();
    let old = std::mem::take(&mut snapshot.nodes);
    snapshot.nodes = old.into_iter().map(|(id, node)| (nodes.new_id(id), node)).collect();
    for replica in &mut snapshot.replicas {
        replica.id = replicas.new_id(replica.id);
        replica.collection = collections.new_id(replica.collection);
        replica.collection_name = None;
        replica.nodes = replica.nodes.iter().map(|node| nodes.new_id(*node)).collect();
        for leader in replica.shard_leaders.values_mut() {
            *leader = leader.map(|leader| nodes.new_id(leader));
        }
    }
    let ids = snapshot.collection_names.keys().map(|id| collections.new_id(*id));
    snapshot.collection_names = ids.zip(1..).map(|(id, i)| (id, format!("collection_{i}"))).collect();
    for (_, _, subjects) in &mut snapshot.findings.list {
        let replaced = subjects.iter().map(|subject| match subject {
            Subject::Whole => Subject::Whole,
            Subject::Segment(id) => Subject::Segment(segments.new_id(*id)),
            Subject::QueryNode(id) => Subject::QueryNode(nodes.new_id(*id)),
            Subject::Collection(id) => Subject::Collection(collections.new_id(*id)),
            Subject::Replica(id) => Subject::Replica(replicas.new_id(*id)),
        });
        *subjects = replaced.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_ids_stay_ascending_and_none_stays_none() {
        let renumbering = Renumbering::of([900, 0, 7, 7, 80], 1);
        assert_eq!([7, 80, 900].map(|id| renumbering.new_id(id)), [1, 2, 3]);
        assert_eq!(renumbering.new_id(0), 0);
    }
}
