//! Replicas as pymilvus's get_replicas and describe_replica give them, printed or as JSON.

use super::error::ImportError;
use super::snapshot::{Replica, Snapshot};
use super::value::{Fields, Place, parse_id};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Reads every printed replica of a text; says how many there were.
pub(super) fn read_text(text: &str, file: &str, snapshot: &mut Snapshot) -> Result<usize, ImportError> {
    let mut count = 0;
    let mut current: Option<(usize, Map<String, Value>)> = None;
    let mut finish = |item: Option<(usize, Map<String, Value>)>| -> Result<(), ImportError> {
        let Some((line, object)) = item else { return Ok(()) };
        count += 1;
        let place = Place { file: file.to_string(), at: format!("replica at line {line}") };
        read_json(&object, &place, None, snapshot)
    };
    for (number, line) in text.lines().enumerate() {
        for (key, value) in line.split('<').skip(1).filter_map(|tag| tag.split_once(':')) {
            let value = value.split('>').next().unwrap_or(value).trim();
            if matches!(key, "group_id" | "id") {
                finish(current.take())?;
                current = Some((number + 1, Map::new()));
            }
            if let Some((_, object)) = &mut current {
                put(object, key, value);
            }
        }
    }
    finish(current)?;
    Ok(count)
}

/// One `<key:value>` of a printed replica, put where the JSON form has it.
fn put(object: &mut Map<String, Value>, key: &str, value: &str) {
    match key {
        "group_id" | "id" => {
            object.insert("id".to_string(), Value::from(value));
        }
        "group_nodes" | "nodes" => {
            let inner = value.trim_matches(|c| "()[]{} ".contains(c));
            let ids = inner.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Value::from);
            object.insert("group_nodes".to_string(), ids.collect());
        }
        "resource_group" => {
            object.insert("resource_group".to_string(), Value::from(value));
        }
        "channel_name" => {
            let shard = Map::from_iter([("channel_name".to_string(), Value::from(value))]);
            if let Value::Array(shards) = object.entry("shards").or_insert_with(|| Value::Array(Vec::new())) {
                shards.push(Value::Object(shard));
            }
        }
        "shard_leader" => {
            let last = object.get_mut("shards").and_then(Value::as_array_mut).and_then(|all| all.last_mut());
            if let Some(Value::Object(shard)) = last {
                shard.insert("shard_leader".to_string(), Value::from(value));
            }
        }
        _ => {}
    }
}

/// Reads one replica given as a JSON object.
pub(super) fn read_json(
    object: &Map<String, Value>,
    place: &Place,
    collection_name: Option<&str>,
    snapshot: &mut Snapshot,
) -> Result<(), ImportError> {
    let fields = Fields::of(object, place);
    let mut replica = Replica {
        id: fields.id(&["replicaid", "groupid", "id"])?.unwrap_or(0),
        collection: fields.id(&["collectionid"])?.unwrap_or(0),
        collection_name: fields.text(&["collectionname"]).or_else(|| collection_name.map(str::to_string)),
        nodes: fields.ids(&["groupnodes", "nodeids", "nodes"])?.into_iter().collect(),
        shard_leaders: BTreeMap::new(),
        resource_group: fields.text(&["resourcegroupname", "resourcegroup", "rg"]),
    };
    for (i, shard) in fields.list(&["shardreplicas", "shards"]).iter().enumerate() {
        let Some(shard) = shard.as_object() else { continue };
        let shard = Fields::of(shard, place);
        let channel = shard.text(&["dmchannelname", "channelname", "channel", "ch"]);
        let (collection, index) = channel.as_deref().and_then(of_channel).unwrap_or((0, i as u64));
        if replica.collection == 0 {
            replica.collection = collection;
        }
        replica.shard_leaders.insert(index, shard.id(&["leaderid", "shardleader", "leader"])?);
    }
    snapshot.add_replica(replica);
    Ok(())
}

/// Collection and shard of a channel: `by-dev-rootcoord-dml_0_460123456789000001v0` is shard 0.
fn of_channel(channel: &str) -> Option<(u64, u64)> {
    let (_, end) = channel.rsplit_once('_')?;
    let (collection, shard) = end.split_once('v')?;
    // More shards than Milvus allows: not a channel name of its making.
    let shard = shard.parse::<u64>().ok().filter(|shard| *shard < 1024)?;
    parse_id(collection).ok().map(|collection| (collection, shard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_replicas_of_both_clients_are_read() {
        let old = "Replica groups:\n- Group: <group_id:77>, <group_nodes:(7, 9)>, <shards:[Shard: \
                   <channel_name:by-dev-rootcoord-dml_0_460v1>, <shard_leader:7>, <shard_nodes:{9, 7}>]>, \
                   <resource_group: rg1>, <num_outbound_node: {}>";
        let new = "[ReplicaInfo: <id:77>, <nodes:(7, 9)>, <shards:[Shard: <channel_name:by-dev_460v1>, \
                   <shard_leader:7>, <shard_nodes:{9, 7}>]>, <resource_group: rg1>, <num_outbound_node: {}>]";
        for text in [old, new] {
            let mut snapshot = Snapshot::default();
            assert_eq!(read_text(text, "f", &mut snapshot), Ok(1));
            let replica = &snapshot.replicas[0];
            assert_eq!((replica.id, replica.collection), (77, 460));
            assert_eq!(replica.nodes, [7, 9].into());
            assert_eq!(replica.shard_leaders, [(1, Some(7))].into());
            assert_eq!(replica.resource_group.as_deref(), Some("rg1"));
        }
    }

    #[test]
    fn the_message_itself_is_read() {
        let text = r#"{"replicaID":"77","collectionID":"460","nodeIds":["7"],
            "shardReplicas":[{"leaderID":"7","dmChannelName":"d_0_460v0"},{"leaderID":"-1","dmChannelName":"d_1_460v1"}]}"#;
        let object = serde_json::from_str(text).expect("valid");
        let place = Place { file: "f".into(), at: "the top".into() };
        let mut snapshot = Snapshot::default();
        read_json(&object, &place, None, &mut snapshot).expect("readable");
        assert_eq!(snapshot.replicas[0].shard_leaders, [(0, Some(7)), (1, None)].into());
    }
}
