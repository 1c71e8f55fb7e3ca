//! Replicas of a collection: how many, or exactly which.

use super::collections::Surroundings;
use super::faults::Faults;
use super::json::{Json, Node};
use super::known_keys;
use super::object::Object;
use super::roster::Roster;
use super::values::{count, id, list};
use super::{FixedReplica, ReplicaSpec};
use crate::release::Quirk;
use std::collections::BTreeMap;

/// The replicas as the scenario has them, and how they were ordered in the file.
pub(super) struct Replicas {
    pub(super) spec: ReplicaSpec,
    /// One resource group for all, or one per replica.
    pub(super) groups: Vec<usize>,
    /// Position in the file of the k-th replica by id.
    pub(super) order: Vec<usize>,
    /// True when every replica could be read.
    pub(super) complete: bool,
}

/// Reads `replicas` and `resource_groups` of a collection.
pub(super) fn read(
    object: &Object,
    loaded: bool,
    shards: u32,
    around: &mut Surroundings,
    faults: &mut Faults,
) -> Replicas {
    let declared = groups(object, around, faults);
    let node = object.get("replicas");
    let mut replicas = match node {
        Some(node) if matches!(node.json, Json::Array(_)) => fixed(node, shards, &declared, around, faults),
        Some(node) => counted(Some(node), loaded, around, faults),
        None => counted(None, loaded, around, faults),
    };
    let number = replicas.order.len();
    if declared.len() > 1 && declared.len() != number && replicas.complete {
        let at = object.get("resource_groups").map_or(object.node.at, |groups| groups.at);
        let fault = format!("{} resource groups for {number} replicas", declared.len());
        faults.add(at, fault, "name one for all replicas, or one per replica");
    }
    if let Some(node) = node
        && number > 1
        && around.ground.is_bound_by(Quirk::SingleReplica)
    {
        let fault = format!("Milvus {} has no more than one replica", around.ground.release);
        faults.add(node.at, fault, "write 1, or simulate 2.1 or later");
    }
    if replicas.groups.is_empty() {
        replicas.groups = declared;
    }
    replicas
}

fn groups(object: &Object, around: &Surroundings, faults: &mut Faults) -> Vec<usize> {
    let Some(node) = object.get("resource_groups") else { return vec![0] };
    let names = list(node, faults).unwrap_or(&[]);
    let groups: Vec<usize> =
        names.iter().map(|name| around.ground.group(name, faults).unwrap_or(0)).collect();
    if groups.is_empty() {
        if matches!(node.json, Json::Array(_)) {
            faults.add(node.at, "no resource group is named", "name one, or leave \"resource_groups\" out");
        }
        return vec![0];
    }
    groups
}

fn counted(node: Option<&Node>, loaded: bool, around: &mut Surroundings, faults: &mut Faults) -> Replicas {
    let read = node.map(|node| count(node, 1, 20_000, faults));
    let complete = read != Some(None);
    let number = read.flatten().unwrap_or(1);
    if loaded
        && let (Some(node), Some(serving)) = (node, around.roster.serving_count())
        && number > serving as u64
        && complete
    {
        let fault = format!("{number} replicas need as many query nodes; {serving} serve at the start");
        faults.add(node.at, fault, "ask for fewer replicas, or add query nodes");
    }
    let number = if around.within_limits { number } else { 1 };
    let ids = (0..number).map(|_| around.ids.replicas.give()).collect();
    let order = (0..number as usize).collect();
    Replicas { spec: ReplicaSpec::Count(ids), groups: Vec::new(), order, complete }
}

fn fixed(
    node: &Node,
    shards: u32,
    declared: &[usize],
    around: &mut Surroundings,
    faults: &mut Faults,
) -> Replicas {
    let mut found: Vec<(usize, FixedReplica)> = Vec::new();
    let mut owners: BTreeMap<i64, usize> = BTreeMap::new();
    for (index, element) in node.elements().iter().enumerate() {
        let group = declared.get(index).or(declared.first()).copied().unwrap_or(0);
        if let Some(replica) = replica(element, shards, group, around, faults) {
            check_owners(element, index, &replica, &mut owners, faults);
            found.push((index, replica));
        }
    }
    if node.elements().is_empty() {
        faults.add(node.at, "there is no replica", "write at least one, or a number");
    }
    found.sort_by_key(|(_, replica)| replica.id);
    let complete = found.len() == node.elements().len();
    let (order, found): (Vec<usize>, Vec<FixedReplica>) = found.into_iter().unzip();
    let groups = found.iter().map(|replica| replica.resource_group).collect();
    Replicas { spec: ReplicaSpec::Fixed(found), groups, order, complete }
}

fn replica(
    node: &Node,
    shards: u32,
    group: usize,
    around: &mut Surroundings,
    faults: &mut Faults,
) -> Option<FixedReplica> {
    let object = Object::read(node, known_keys::REPLICA, faults)?;
    let id = object.read_with("id", faults, id).unwrap_or_else(|| around.ids.replicas.give());
    let own = object.read_with("resource_group", faults, |node, faults| around.ground.group(node, faults));
    let mut members = |key: &str, required: bool| -> Option<Vec<i64>> {
        let node = if required { object.require(key, faults) } else { object.get(key) };
        let Some(node) = node else { return (!required).then(Vec::new) };
        node_list(node, around.roster, faults)
    };
    let query_nodes = members("query_nodes", true);
    let ro_query_nodes = members("ro_query_nodes", false);
    let shard_leaders = members("shard_leaders", false);
    let (query_nodes, ro_query_nodes, shard_leaders) = (query_nodes?, ro_query_nodes?, shard_leaders?);
    if query_nodes.is_empty() {
        faults.add(node.at, "the replica has no query node", "name at least one in \"query_nodes\"");
    }
    if let Some(at) = object.get("ro_query_nodes").map(|node| node.at)
        && !ro_query_nodes.is_empty()
        && around.ground.lacks(Quirk::ReadOnlyNodes)
    {
        let fault = format!("Milvus {} has no read-only nodes of a replica", around.ground.release);
        faults.add(at, fault, "leave \"ro_query_nodes\" out");
    }
    if let Some(leaders) = object.get("shard_leaders") {
        check_leaders(leaders, shards, &shard_leaders, &query_nodes, faults);
    }
    let resource_group = own.unwrap_or(group);
    Some(FixedReplica { id, resource_group, query_nodes, ro_query_nodes, shard_leaders })
}

fn node_list(node: &Node, roster: &Roster, faults: &mut Faults) -> Option<Vec<i64>> {
    let nodes: Vec<Option<i64>> = list(node, faults)?.iter().map(|id| roster.present(id, faults)).collect();
    nodes.into_iter().collect()
}

fn check_leaders(node: &Node, shards: u32, leaders: &[i64], members: &[i64], faults: &mut Faults) {
    if leaders.is_empty() {
        return;
    }
    if leaders.len() != shards as usize {
        let fault = format!("{} shard leaders for {shards} shards", leaders.len());
        faults.add(node.at, fault, "name one per shard");
    }
    for (leader, element) in leaders.iter().zip(node.elements()) {
        if !members.contains(leader) {
            let fault = format!("shard leader {leader} is not in the replica");
            faults.add(element.at, fault, "name a node of its \"query_nodes\"");
        }
    }
}

/// No node may be twice in a replica, nor in two replicas of one collection.
fn check_owners(
    node: &Node,
    index: usize,
    replica: &FixedReplica,
    owners: &mut BTreeMap<i64, usize>,
    faults: &mut Faults,
) {
    for id in replica.query_nodes.iter().chain(&replica.ro_query_nodes) {
        match owners.insert(*id, index) {
            Some(owner) if owner == index => {
                faults.add(node.at, format!("query node {id} is named twice"), "name it once");
            }
            Some(_) => {
                let fault = format!("query node {id} is in two replicas of the collection");
                faults.add(node.at, fault, "a node belongs to one replica of a collection at most");
            }
            None => {}
        }
    }
}
