//! Replicas of one collection with their nodes, and where each replica has each segment.

use super::error::ImportError;
use super::grouping;
use super::note::{Findings, NoteKind, Subject};
use super::snapshot::{Replica, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// A collection's replicas and placement, without contradictions.
pub(super) struct Membership {
    pub(super) shards: u64,
    /// Empty when there is one replica and nobody says on which nodes.
    pub(super) replicas: Vec<Replica>,
    /// Node per replica for each segment; a segment seen on no node is missing.
    pub(super) placement: BTreeMap<u64, Vec<u64>>,
}

/// A collection's segments and the nodes each is on.
type Seen = BTreeMap<u64, BTreeSet<u64>>;

pub(super) fn of_collection(
    snapshot: &mut Snapshot,
    collection: u64,
    bytes: &BTreeMap<u64, u64>,
) -> Result<Membership, ImportError> {
    let of_it = snapshot.segments.iter().filter(|(_, segment)| segment.collection == collection);
    let mut seen: Seen = of_it.map(|(id, segment)| (*id, segment.nodes.clone())).collect();
    let known = snapshot.replicas.iter().filter(|replica| replica.collection == collection);
    let mut replicas: Vec<Replica> = known.cloned().collect();
    replicas.sort_by_key(|replica| replica.id);
    let shards = replicas.iter().filter_map(|replica| replica.shard_leaders.keys().last()).max();
    let shards = shards.map_or(1, |last| last + 1);

    keep_apart(&mut replicas, &mut snapshot.findings);
    if replicas.is_empty() {
        replicas = by_placement(snapshot, collection, &seen)?;
    } else {
        adopt_outsiders(&mut replicas, &mut seen, &mut snapshot.findings);
    }
    check_leaders(&mut replicas, shards, &mut snapshot.findings);
    if shards > 1 && !seen.is_empty() {
        let words = "the sources do not say which channel a segment is of; all put on shard 0";
        snapshot.findings.add(NoteKind::Default, words, Subject::Collection(collection));
    }
    let placement = place(&replicas, &seen, bytes, &mut snapshot.findings);
    Ok(Membership { shards, replicas, placement })
}

/// A node serves one replica of a collection; where two claim it, the one with the lower id has it.
fn keep_apart(replicas: &mut Vec<Replica>, findings: &mut Findings) {
    let mut taken = BTreeSet::new();
    for replica in replicas.iter_mut() {
        for node in replica.nodes.intersection(&taken) {
            let words = "in two replicas of one collection; kept in the one with the lower id";
            findings.add(NoteKind::Conflict, words, Subject::QueryNode(*node));
        }
        replica.nodes.retain(|node| taken.insert(*node));
    }
    replicas.retain(|replica| {
        if replica.nodes.is_empty() {
            let words = "has no query node of its own; left out";
            findings.add(NoteKind::Conflict, words, Subject::Replica(replica.id));
        }
        !replica.nodes.is_empty()
    });
}

/// Without a list of replicas: as many as segments usually have copies.
fn by_placement(snapshot: &mut Snapshot, collection: u64, seen: &Seen) -> Result<Vec<Replica>, ImportError> {
    let mut frequency: BTreeMap<usize, usize> = BTreeMap::new();
    for nodes in seen.values().filter(|nodes| !nodes.is_empty()) {
        *frequency.entry(nodes.len()).or_default() += 1;
    }
    // A segment on the move is on one node more than the others: the usual count is the replica number.
    let usual = frequency.iter().max_by_key(|(copies, segments)| (**segments, **copies));
    let copies = usual.map_or(1, |(copies, _)| *copies);
    let words = format!("no source lists its replicas; {copies} assumed, by the copies of its segments");
    snapshot.findings.add(NoteKind::Default, words, Subject::Collection(collection));
    if copies == 1 {
        return Ok(Vec::new());
    }
    let holding = seen.values().flatten().copied();
    let nodes = snapshot.nodes.keys().copied().chain(holding).collect();
    let together: BTreeSet<BTreeSet<u64>> = seen.values().cloned().collect();
    let groups = grouping::split(&nodes, &together, copies).ok_or_else(|| ImportError::NoGrouping {
        collection: snapshot.collection_names.get(&collection).cloned().unwrap_or_default(),
        copies,
    })?;
    let words = "its query nodes were split into replicas so that none holds a segment twice; \
                 the real split may be another (get_replicas lists it)";
    snapshot.findings.add(NoteKind::Default, words, Subject::Collection(collection));
    let replica = |nodes| Replica { collection, nodes, ..Replica::default() };
    Ok(groups.into_iter().filter(|nodes| !nodes.is_empty()).map(replica).collect())
}

/// Nodes that hold segments and are in no replica join the one that lacks these segments.
fn adopt_outsiders(replicas: &mut [Replica], seen: &mut Seen, findings: &mut Findings) {
    let inside: BTreeSet<u64> = replicas.iter().flat_map(|replica| replica.nodes.iter().copied()).collect();
    let mut held_by: BTreeMap<u64, Vec<&BTreeSet<u64>>> = BTreeMap::new();
    for nodes in seen.values() {
        for node in nodes.difference(&inside) {
            held_by.entry(*node).or_default().push(nodes);
        }
    }
    let mut dropped = BTreeSet::new();
    for (node, sets) in held_by {
        let lacks = |replica: &Replica| sets.iter().all(|nodes| nodes.is_disjoint(&replica.nodes));
        let home = if replicas.len() == 1 { Some(0) } else { replicas.iter().position(lacks) };
        if let Some(home) = home {
            let words = "holds segments and is in no listed replica (it may be leaving or coming); \
                         counted to the replica that lacks these segments";
            findings.add(NoteKind::Conflict, words, Subject::QueryNode(node));
            replicas[home].nodes.insert(node);
        } else {
            let words = "holds segments that every replica has elsewhere, and is in no listed replica; \
                         its copies are left out";
            findings.add(NoteKind::Conflict, words, Subject::QueryNode(node));
            dropped.insert(node);
        }
    }
    if !dropped.is_empty() {
        seen.values_mut().for_each(|nodes| nodes.retain(|node| !dropped.contains(node)));
    }
}

/// Shard leaders are given for all shards of a replica or for none.
fn check_leaders(replicas: &mut [Replica], shards: u64, findings: &mut Findings) {
    for replica in replicas.iter_mut() {
        let leaders = (0..shards).map(|shard| replica.shard_leaders.get(&shard).copied().flatten());
        let leaders: Vec<Option<u64>> = leaders.collect();
        let words = if leaders.iter().any(Option::is_none) {
            "not every channel has a known shard leader; left to the release's rule"
        } else if leaders.iter().flatten().any(|leader| !replica.nodes.contains(leader)) {
            "a shard leader is not among its query nodes; left to the release's rule"
        } else {
            continue;
        };
        replica.shard_leaders.clear();
        if replica.id != 0 {
            findings.add(NoteKind::Gap, words, Subject::Replica(replica.id));
        }
    }
}

/// One node per replica and segment.
fn place(
    replicas: &[Replica],
    seen: &Seen,
    bytes: &BTreeMap<u64, u64>,
    findings: &mut Findings,
) -> BTreeMap<u64, Vec<u64>> {
    let mut used: BTreeMap<u64, u128> = BTreeMap::new();
    let mut placement: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut missing = Vec::new();
    let everywhere = Replica { nodes: seen.values().flatten().copied().collect(), ..Replica::default() };
    let replicas = if replicas.is_empty() { std::slice::from_ref(&everywhere) } else { replicas };
    for (&id, nodes) in seen {
        if nodes.is_empty() {
            let words = "listed on no query node; placed by the release's rule";
            findings.add(NoteKind::Gap, words, Subject::Segment(id));
            continue;
        }
        let mut homes = Vec::with_capacity(replicas.len());
        for (i, replica) in replicas.iter().enumerate() {
            let mut here = nodes.iter().filter(|node| replica.nodes.contains(*node));
            let home = here.next().copied().unwrap_or(0);
            if here.next().is_some() {
                let words = "on more than one query node of one replica (a move under way); \
                             kept on the one with the lowest id";
                findings.add(NoteKind::Conflict, words, Subject::Segment(id));
            }
            if home == 0 {
                missing.push((id, i));
            } else {
                *used.entry(home).or_default() += u128::from(bytes[&id]);
            }
            homes.push(home);
        }
        placement.insert(id, homes);
    }
    // Last, when it is known how full the nodes are.
    for (id, i) in missing {
        let emptiest = |node: &&u64| (used.get(*node).copied().unwrap_or(0), **node);
        let Some(node) = replicas[i].nodes.iter().min_by_key(emptiest).copied() else { continue };
        *used.entry(node).or_default() += u128::from(bytes[&id]);
        if let Some(homes) = placement.get_mut(&id) {
            homes[i] = node;
        }
        let words = "a replica has no copy of it; put on that replica's emptiest query node";
        findings.add(NoteKind::Default, words, Subject::Segment(id));
    }
    placement
}
