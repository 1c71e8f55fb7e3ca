//! The operations of conformance cases on the 2.1 coordinator, as scenarios that are run.

use super::conformance_state::{int, ints, list, text};
use super::runs::{Draft, Run, load_balance};
use evenkeel::model::ids::{NodeIndex, ReplicaIndex};
use evenkeel::policy::allocate::Filter;
use evenkeel::policy::allocate_channels::allocate_by_count;
use serde_json::{Value, json};

/// Memory of a node whose case names none: far more than its segments need.
const MEMORY_BYTES: i64 = 1 << 30;
/// Bytes of a row of the fixture: three 8-byte fields and a float vector of 16 dimensions.
const ROW_BYTES: i64 = 88;
/// When the operation happens.
const AT: &str = "1m";

/// What an operation on the 2.1 coordinator gives; `None` = it is no such operation.
pub(crate) fn run(state: &Value, operation: &Value) -> Option<Value> {
    match text(operation, "name") {
        "allocate_channels" | "allocate_segments" => Some(allocate(state, operation)),
        "load_balance_request" => Some(request(operation)),
        "load_balance_task" => Some(load_balance_task(state, operation)),
        "node_goes_down" => Some(node_goes_down(state, operation)),
        "auto_balance_loop" => Some(counts(state, &draft(state).run(), &[])),
        "add_node_to_replicas" => Some(add_node(state, operation)),
        _ => None,
    }
}

/// Allocation by count: channels, and segments under the segment-count policy.
fn allocate(state: &Value, operation: &Value) -> Value {
    let nodes: Vec<i64> = list(state, "nodes").iter().map(|node| int(node, "id")).collect();
    let is_online = |place: &usize| text(&list(state, "nodes")[*place], "state") == "normal";
    let online: Vec<NodeIndex> = (0..nodes.len()).filter(is_online).map(NodeIndex::at).collect();
    let requests = list(operation, "requests");
    let filter = Filter { include: &[], exclude: &[] };
    let assigned = match allocate_by_count(&online, filter, &|_| 0, requests.len()) {
        Ok(assigned) => assigned,
        Err(error) => return json!({ "error": { "text": error.text() } }),
    };
    let is_channel = text(operation, "name") == "allocate_channels";
    let (kind, moves) = if is_channel { ("channel", "channel_moves") } else { ("segment", "segment_moves") };
    let told: Vec<Value> = requests
        .iter()
        .zip(assigned)
        .map(|(request, node)| json!({ kind: request[kind], "to": nodes[node.position()] }))
        .collect();
    json!({ moves: told })
}

/// The state as a scenario of 2.1.4: one collection `c`, its replica on all nodes.
fn draft(state: &Value) -> Draft {
    let nodes: Vec<Value> = list(state, "nodes").iter().map(node).collect();
    let segments: Vec<Value> = list(state, "segments")
        .iter()
        .map(|segment| {
            let rows = int(segment, "rows");
            json!({ "id": segment["id"], "rows": rows, "memory": rows * ROW_BYTES, "query_node": segment["node"] })
        })
        .collect();
    let collections: Vec<Value> = list(state, "collections")
        .iter()
        .map(|collection| {
            let all: Vec<i64> = list(state, "nodes").iter().map(|node| int(node, "id")).collect();
            let replicas = json!([{ "id": 10000, "query_nodes": all }]);
            json!({ "name": "c", "id": collection["id"], "segments": segments, "replicas": replicas,
                    "bytes_per_row": ROW_BYTES })
        })
        .collect();
    Draft::new(json!(nodes), json!(collections)).release("2.1.4")
}

fn node(node: &Value) -> Value {
    let memory = node["mem_capacity"].as_i64().unwrap_or(MEMORY_BYTES);
    json!({ "id": node["id"], "memory": memory, "base_memory": int(node, "mem_used") })
}

fn load_balance_task(state: &Value, operation: &Value) -> Value {
    let mut call = load_balance(Some("c"), 0, &[], &ints(operation, "segments"));
    call["src_node_id"] = json!(ints(operation, "source_nodes"));
    let draft = draft(state).config("queryCoord.autoBalance", false).at(AT, "load_balance", call);
    let run = draft.with("/timeline/0", "may_have_no_effect", true).run();
    let is_done =
        run.answers().iter().all(|(_, outcome, _)| *outcome == "completed" || *outcome == "success");
    json!({ "task": { "state": if is_done { "completed" } else { "failed" } } })
}

/// A request with what its case says, on a coordinator with one node.
fn request(operation: &Value) -> Value {
    let request = &operation["request"];
    let mut call = load_balance(None, 0, &ints(request, "target_nodes"), &ints(request, "segments"));
    call["src_node_id"] = json!(ints(request, "source_nodes"));
    let draft = Draft::new(json!([node(&json!({ "id": 1 }))]), json!([])).release("2.1.4");
    let run = draft.at(AT, "load_balance", call).run();
    let answers = run.of("command_result");
    let answer = answers.first().expect("an answer");
    match answer["outcome"].as_str() {
        Some("refused") => json!({ "error": { "code": answer["code"], "text": answer["text"] } }),
        _ => json!({ "result": "success" }),
    }
}

fn node_goes_down(state: &Value, operation: &Value) -> Value {
    let mut draft = draft(state).config("queryCoord.autoBalance", false);
    draft = draft.at(AT, "kill_query_node", json!({ "id": operation["node"] }));
    let joining = operation["then_node_joins"].as_i64();
    if let Some(id) = joining {
        draft =
            draft.at("2m", "add_query_node", json!({ "id": id, "memory": MEMORY_BYTES, "base_memory": 0 }));
    }
    counts(state, &draft.run(), &joining.into_iter().collect::<Vec<i64>>())
}

/// How many segments of the state each node holds at the end.
fn counts(state: &Value, run: &Run, joined: &[i64]) -> Value {
    let mut by_node = serde_json::Map::new();
    let nodes = list(state, "nodes").iter().map(|node| int(node, "id")).chain(joined.iter().copied());
    for node in nodes {
        let holds = |segment: &&Value| run.holders(int(segment, "id")).contains(&node);
        let count = list(state, "segments").iter().filter(holds).count();
        by_node.insert(node.to_string(), json!(count));
    }
    json!({ "eventually": { "segments_on_node": by_node } })
}

fn add_node(state: &Value, operation: &Value) -> Value {
    let id = int(operation, "node");
    let is_there = list(state, "nodes").iter().any(|node| int(node, "id") == id);
    let before = list(state, "nodes").len();
    let mut draft = draft(state).config("queryCoord.autoBalance", false);
    if !is_there {
        let joining = json!({ "id": id, "memory": MEMORY_BYTES, "base_memory": 0 });
        draft = draft.at(AT, "add_query_node", joining);
    }
    let mut cluster = draft.run().cluster().clone();
    if let (true, Some(node)) = (is_there, cluster.find_node(id)) {
        // A scenario cannot announce a node that serves already; the step that would add it can be taken.
        cluster.add_replica_node(ReplicaIndex(0), node);
    }
    let after: usize = cluster.replicas().iter().map(|replica| replica.nodes().len()).sum();
    let changes: Vec<Value> = (before..after).map(|_| json!({ "node": id })).collect();
    json!({ "replica_changes": changes })
}
