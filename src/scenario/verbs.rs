//! The verbs of the timeline: faults, changes of the data, and commands to QueryCoord.

use super::configuration;
use super::faults::Faults;
use super::json::{Json, Node};
use super::known_keys;
use super::later_verbs;
use super::object::Object;
use super::timeline::Happening;
use super::timeline_reader::Stage;
use super::values::{
    any_id, count, count_u32, duration, duration_above_zero, id, list, number_above_zero, shown, text,
};
use crate::coordinator::command::{Command, LoadBalance, Timeout};
use crate::release::Quirk;
use crate::units::SimDuration;

/// Reads the arguments of `verb`, which stands in the entry at position `index`.
///
/// One entry is one happening, save that `add_query_node` may add many nodes; none when it has faults.
pub(super) fn read(
    verb: &'static str,
    node: &Node,
    index: usize,
    stage: &Stage,
    faults: &mut Faults,
) -> Vec<Happening> {
    match verb {
        // Both have been read before, since all nodes have to be known early.
        "add_query_node" => {
            let added = stage.joins.added.get(&index).into_iter().flatten();
            added.map(|id| Happening::AddQueryNode { id: *id }).collect()
        }
        "return_query_node" => returned(node, index, stage).into_iter().collect(),
        "set_config" => {
            let settings = configuration::settings(node, faults);
            vec![Happening::SetConfig(
                settings.into_iter().map(|(key, value, _)| (key.name, value)).collect(),
            )]
        }
        _ => {
            let object = Object::read(node, known_keys::arguments(verb), faults);
            object.and_then(|object| happening(verb, &object, stage, faults)).into_iter().collect()
        }
    }
}

fn returned(node: &Node, index: usize, stage: &Stage) -> Option<Happening> {
    let machine = stage.joins.returned.get(&index)?;
    let id = super::values::quiet_id(node.get("id")?)?;
    Some(Happening::ReturnQueryNode { id, machine: Box::new(machine.clone()) })
}

fn happening(verb: &'static str, object: &Object, stage: &Stage, faults: &mut Faults) -> Option<Happening> {
    if !later_verbs::exists(verb, stage.ground.release) {
        return Some(Happening::Command(Command::Unknown { verb }));
    }
    match verb {
        "stop_query_node" => node_id(object, "id", stage, faults).map(|id| Happening::StopQueryNode { id }),
        "kill_query_node" => node_id(object, "id", stage, faults).map(|id| Happening::KillQueryNode { id }),
        "slow_query_node" => {
            let id = node_id(object, "id", stage, faults);
            let factor = object.require_with("factor", faults, number_above_zero);
            let duration = object.read_with("for", faults, duration_above_zero);
            Some(Happening::SlowQueryNode { id: id?, factor: factor?, duration })
        }
        "lose_heartbeats" => {
            let id = node_id(object, "id", stage, faults);
            let duration = object.require_with("for", faults, duration_above_zero);
            Some(Happening::LoseHeartbeats { id: id?, duration: duration? })
        }
        "fail_loads" => Some(fail_loads(object, stage, faults)),
        "restart_query_coord" => {
            let down = object.read_with("down", faults, duration);
            Some(Happening::RestartQueryCoord { down: down.unwrap_or(SimDuration::from_secs(5)) })
        }
        "seal" => {
            let collection_name = collection(object, stage, faults);
            let shard = object.read_with("shard", faults, |node, faults| shard(node, object, stage, faults));
            Some(Happening::Seal { collection_name: collection_name?, shard })
        }
        "compact" => compact(object, stage, faults),
        "delete_rows" => {
            let collection_name = collection(object, stage, faults);
            let rows = object.require_with("rows", faults, |node, faults| count(node, 1, u64::MAX, faults));
            Some(Happening::DeleteRows { collection_name: collection_name?, rows: rows? })
        }
        _ => command(verb, object, stage, faults).map(Happening::Command),
    }
}

fn node_id(object: &Object, key: &str, stage: &Stage, faults: &mut Faults) -> Option<i64> {
    object.require_with(key, faults, |node, faults| stage.roster.known(node, faults))
}

/// The name of a collection that the scenario has.
fn collection(object: &Object, stage: &Stage, faults: &mut Faults) -> Option<String> {
    let position = object
        .require_with("collection_name", faults, |node, faults| stage.catalog.position(node, faults))?;
    Some(stage.catalog.collections[position].name.clone())
}

fn shard(node: &Node, object: &Object, stage: &Stage, faults: &mut Faults) -> Option<u32> {
    let shard = count_u32(node, 0, faults)?;
    // What is wrong with the name is reported where the name is read.
    let position = stage.catalog.position(object.get("collection_name")?, &mut Faults::default())?;
    let shards = stage.catalog.collections[position].shards;
    if shard >= shards {
        let fault = format!("there is no shard {shard}");
        faults.add(node.at, fault, format!("shards run from 0 to {}", shards - 1));
    }
    Some(shard)
}

fn fail_loads(object: &Object, stage: &Stage, faults: &mut Faults) -> Happening {
    let collection_name = object.get("collection_name").and_then(|_| collection(object, stage, faults));
    Happening::FailLoads {
        query_node: object.read_with("query_node", faults, |node, faults| stage.roster.known(node, faults)),
        collection_name,
        segment_id: object.read_with("segment_id", faults, id),
        duration: object.read_with("for", faults, duration_above_zero),
        count: object.read_with("count", faults, |node, faults| count(node, 1, u64::MAX, faults)),
    }
}

fn compact(object: &Object, stage: &Stage, faults: &mut Faults) -> Option<Happening> {
    let collection_name = collection(object, stage, faults);
    let node = object.require("sealed_segment_ids", faults);
    let segments: Vec<Option<i64>> = list(node?, faults)?.iter().map(|node| id(node, faults)).collect();
    let sealed_segment_ids: Vec<i64> = segments.into_iter().collect::<Option<_>>()?;
    if sealed_segment_ids.is_empty() {
        faults.add(node?.at, "there is nothing to compact", "name at least one sealed segment");
    }
    let mut distinct = sealed_segment_ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < sealed_segment_ids.len() {
        faults.add(node?.at, "a segment is named twice", "name every segment once");
    }
    Some(Happening::Compact { collection_name: collection_name?, sealed_segment_ids })
}

/// Commands are not held against the scenario: Milvus itself answers for what is not there.
fn command(verb: &'static str, object: &Object, stage: &Stage, faults: &mut Faults) -> Option<Command> {
    if verb == "load_balance" {
        return load_balance(object, faults).map(Command::LoadBalance);
    }
    if later_verbs::is_later(verb) {
        return later_verbs::read(verb, object, faults);
    }
    let name = object.require_with("collection_name", faults, text).map(str::to_owned);
    match verb {
        "get_query_segment_info" => Some(Command::GetQuerySegmentInfo { collection_name: name? }),
        "release_collection" => Some(Command::ReleaseCollection { collection_name: name? }),
        "load_collection" => {
            let replica_number =
                object.read_with("replica_number", faults, |node, faults| count_u32(node, 0, faults));
            if let Some(groups) = object.get("resource_groups")
                && stage.ground.is_bound_by(Quirk::NoResourceGroups)
            {
                let fault = format!("Milvus {} has no resource groups", stage.ground.release);
                faults.add(groups.at, fault, "leave \"resource_groups\" out");
            }
            let resource_groups = later_verbs::resource_groups(object, faults);
            Some(Command::LoadCollection {
                collection_name: name?,
                replica_number,
                resource_groups: resource_groups?,
            })
        }
        _ => Some(Command::Unknown { verb }),
    }
}

fn load_balance(object: &Object, faults: &mut Faults) -> Option<LoadBalance> {
    let given = |key: &str| object.get(key).filter(|node| !matches!(node.json, Json::Null));
    let collection_name = given("collection_name").map(|node| text(node, faults).map(str::to_owned));
    let source = object.require_with("src_node_id", faults, one_or_more_ids);
    let dst_node_ids = id_list(given("dst_node_ids"), faults);
    let sealed_segment_ids = id_list(given("sealed_segment_ids"), faults);
    let timeout = given("timeout").map_or(Some(Timeout::Never), |node| timeout(node, faults));
    let using = given("using").map_or(Some("default"), |node| text(node, faults));
    Some(LoadBalance {
        collection_name: match collection_name {
            Some(name) => Some(name?),
            None => None,
        },
        src_node_ids: source?,
        dst_node_ids: dst_node_ids?,
        sealed_segment_ids: sealed_segment_ids?,
        timeout: timeout?,
        using: using?.to_owned(),
    })
}

/// The id that a client names, or the list that QueryCoord's own request has.
fn one_or_more_ids(node: &Node, faults: &mut Faults) -> Option<Vec<i64>> {
    match node.json {
        Json::Array(_) => id_list(Some(node), faults),
        _ => any_id(node, faults).map(|id| vec![id]),
    }
}

fn id_list(node: Option<&Node>, faults: &mut Faults) -> Option<Vec<i64>> {
    let Some(node) = node else { return Some(Vec::new()) };
    let ids: Vec<Option<i64>> = list(node, faults)?.iter().map(|id| any_id(id, faults)).collect();
    ids.into_iter().collect()
}

/// A whole number and a number with a point (or an exponent) are two things to pymilvus.
fn timeout(node: &Node, faults: &mut Faults) -> Option<Timeout> {
    let read = match &node.json {
        Json::Number(number) if number.contains(['.', 'e', 'E']) => {
            let seconds = number.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
            seconds.map(Timeout::Fraction)
        }
        Json::Number(number) => number.parse::<u64>().ok().map(Timeout::Whole),
        _ => None,
    };
    if read.is_none() {
        let remedy = "write a number of seconds as pymilvus takes it: 10, or 10.0";
        faults.add(node.at, format!("{} is no timeout", shown(node)), remedy);
    }
    read
}
