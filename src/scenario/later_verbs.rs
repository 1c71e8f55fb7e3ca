//! Commands that came with Milvus 2.2 and later: which release has them, and their arguments.
//!
//! Ids, names and numbers are not held against the scenario: Milvus itself answers for what is wrong.

use super::faults::Faults;
use super::json::{Json, Node};
use super::object::Object;
use super::values::{any_id, boolean, count_u32, list, shown, text};
use crate::coordinator::command::Command;
use crate::release::{Quirk, Release};

/// Verb -> the quirk that a release must have, or must not have, for the verb to exist there.
const VERBS: &[(&str, Quirk, bool)] = &[
    ("set_replicas", Quirk::LoadBalanceIsOnlyManualMove, false),
    ("transfer_node", Quirk::NoResourceGroups, false),
    ("transfer_replica", Quirk::NoResourceGroups, false),
    ("transfer_segment", Quirk::TransfersSegments, true),
    ("transfer_channel", Quirk::TransfersSegments, true),
    ("check_query_node_distribution", Quirk::TransfersSegments, true),
    ("suspend_balance", Quirk::TransfersSegments, true),
    ("resume_balance", Quirk::TransfersSegments, true),
    ("suspend_node", Quirk::TransfersSegments, true),
    ("resume_node", Quirk::TransfersSegments, true),
    ("update_resource_group", Quirk::GroupsAreDeclared, true),
];

/// Whether this verb came with 2.2 or later.
pub(super) fn is_later(verb: &str) -> bool {
    VERBS.iter().any(|(later, _, _)| *later == verb)
}

/// Whether `release` has this verb.
pub(super) fn exists(verb: &str, release: Release) -> bool {
    VERBS.iter().all(|(later, quirk, holds)| *later != verb || release.has(*quirk) == *holds)
}

/// Reads the arguments of a verb that came with 2.2 or later.
pub(super) fn read(verb: &'static str, object: &Object, faults: &mut Faults) -> Option<Command> {
    match verb {
        "transfer_segment" => {
            let source = object.require_with("source_node_id", faults, any_id);
            let target_node_id = optional(object, "target_node_id", faults, any_id);
            let segment_id = optional(object, "segment_id", faults, any_id);
            let copy_mode = object.read_with("copy_mode", faults, boolean).unwrap_or(false);
            Some(Command::TransferSegment {
                source_node_id: source?,
                target_node_id: target_node_id?,
                segment_id: segment_id?,
                copy_mode,
            })
        }
        "transfer_channel" => {
            let source = object.require_with("source_node_id", faults, any_id);
            let target_node_id = optional(object, "target_node_id", faults, any_id);
            let channel_name = optional(object, "channel_name", faults, owned);
            let copy_mode = object.read_with("copy_mode", faults, boolean).unwrap_or(false);
            Some(Command::TransferChannel {
                source_node_id: source?,
                target_node_id: target_node_id?,
                channel_name: channel_name?,
                copy_mode,
            })
        }
        "check_query_node_distribution" => {
            let source = object.require_with("source_node_id", faults, any_id);
            let target = object.require_with("target_node_id", faults, any_id);
            let (source_node_id, target_node_id) = (source?, target?);
            Some(Command::CheckQueryNodeDistribution { source_node_id, target_node_id })
        }
        "suspend_balance" => Some(Command::SuspendBalance),
        "resume_balance" => Some(Command::ResumeBalance),
        "suspend_node" => {
            object.require_with("node_id", faults, any_id).map(|node_id| Command::SuspendNode { node_id })
        }
        "resume_node" => {
            object.require_with("node_id", faults, any_id).map(|node_id| Command::ResumeNode { node_id })
        }
        "set_replicas" => set_replicas(object, faults),
        "transfer_node" | "transfer_replica" => transfer_between_groups(verb, object, faults),
        "update_resource_group" => {
            let name = object.require_with("name", faults, owned);
            let requests = object.require_with("requests", faults, any_number);
            let limits = object.require_with("limits", faults, any_number);
            let transfer_from = group_names(object, "transfer_from", faults);
            let transfer_to = group_names(object, "transfer_to", faults);
            Some(Command::UpdateResourceGroup {
                name: name?,
                requests: requests?,
                limits: limits?,
                transfer_from: transfer_from?,
                transfer_to: transfer_to?,
            })
        }
        _ => Some(Command::Unknown { verb }),
    }
}

/// Reads `resource_groups` of a command; empty when left out, `None` when it has faults.
pub(super) fn resource_groups(object: &Object, faults: &mut Faults) -> Option<Vec<String>> {
    group_names(object, "resource_groups", faults)
}

/// Reads a list of names, of groups that need not exist.
fn group_names(object: &Object, key: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let Some(node) = object.get(key) else { return Some(Vec::new()) };
    let names: Vec<Option<String>> = list(node, faults)?.iter().map(|name| owned(name, faults)).collect();
    names.into_iter().collect()
}

fn set_replicas(object: &Object, faults: &mut Faults) -> Option<Command> {
    let name = object.require_with("collection_name", faults, owned);
    let replica_number =
        optional(object, "replica_number", faults, |node, faults| count_u32(node, 0, faults));
    let resource_groups = resource_groups(object, faults);
    if object.get("replica_number").is_none() && object.get("resource_groups").is_none() {
        let remedy = "write \"replica_number\", \"resource_groups\", or both";
        faults.add(object.node.at, "it sets nothing", remedy);
    }
    Some(Command::SetReplicas {
        collection_name: name?,
        replica_number: replica_number?,
        resource_groups: resource_groups?,
    })
}

fn transfer_between_groups(verb: &str, object: &Object, faults: &mut Faults) -> Option<Command> {
    let source = object.require_with("source", faults, owned);
    let target = object.require_with("target", faults, owned);
    if verb == "transfer_node" {
        let num_node = object.require_with("num_node", faults, any_number);
        return Some(Command::TransferNode { source: source?, target: target?, num_node: num_node? });
    }
    let name = object.require_with("collection_name", faults, owned);
    let num_replica = object.require_with("num_replica", faults, any_number);
    Some(Command::TransferReplica {
        source: source?,
        target: target?,
        collection_name: name?,
        num_replica: num_replica?,
    })
}

/// An argument that may be left out, or null: `Some(None)` then, `None` when it has faults.
fn optional<T>(
    object: &Object,
    key: &str,
    faults: &mut Faults,
    reader: impl FnOnce(&Node, &mut Faults) -> Option<T>,
) -> Option<Option<T>> {
    match object.get(key).filter(|node| !matches!(node.json, Json::Null)) {
        None => Some(None),
        Some(node) => reader(node, faults).map(Some),
    }
}

fn owned(node: &Node, faults: &mut Faults) -> Option<String> {
    text(node, faults).map(str::to_owned)
}

/// A whole number of any sign: Milvus refuses what it does not like.
fn any_number(node: &Node, faults: &mut Faults) -> Option<i64> {
    let number = match &node.json {
        Json::Number(digits) => digits.parse::<i64>().ok(),
        _ => None,
    };
    if number.is_none() {
        faults.add(node.at, format!("{} is no whole number", shown(node)), "write a whole number");
    }
    number
}
