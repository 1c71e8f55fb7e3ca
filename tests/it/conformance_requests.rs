//! The operations of conformance cases on requests of operators, and the checks of their results.

use super::conformance_bench::Bench;
use super::conformance_checks;
use super::conformance_state::{int, ints, list, text};
use evenkeel::coordinator::command::{Command, CommandError, LoadBalance, Timeout};
use evenkeel::coordinator::query_coord::QueryCoord;
use evenkeel::coordinator::v2::tasks::{Action, ActionKind, TaskId};
use evenkeel::model::ids::NodeIndex;
use evenkeel::model::query_node::{NodeState, QueryNode};
use serde_json::{Value, json};

/// A manual balance of collection `c<id>`.
pub(crate) fn load_balance(collection: i64, sources: &[i64], targets: &[i64], segments: &[i64]) -> Command {
    Command::LoadBalance(LoadBalance {
        collection_name: Some(format!("c{collection}")),
        src_node_ids: sources.to_vec(),
        dst_node_ids: targets.to_vec(),
        sealed_segment_ids: segments.to_vec(),
        timeout: Timeout::Never,
        using: "default".to_owned(),
    })
}

/// What a request gives; `None` = it is no such operation.
pub(crate) fn run(bench: &mut Bench, step: &Value) -> Option<Value> {
    let operation = &step["operation"];
    let added = &step["change"]["add_node"];
    if added.is_object() {
        bench.join_node(int(added, "id"), text(added, "state"));
    }
    let command = match text(operation, "name") {
        "check_balance_status" => {
            // The status is read, not asked for: whether anybody answers shows in a request that does nothing.
            let idle = bench.request(&load_balance(0, &[], &[], &[]));
            if let Some(error) = idle.err().filter(|error| error.text.contains("service not ready")) {
                return Some(json!({ "error": refusal(&error) }));
            }
            let is_active = bench.coordinator.is_active();
            return Some(json!({ "result": "success", "reported_active": is_active }));
        }
        "suspend_balance" => Command::SuspendBalance,
        "resume_balance" => Command::ResumeBalance,
        "suspend_node" => Command::SuspendNode { node_id: int(operation, "node") },
        "resume_node" => Command::ResumeNode { node_id: int(operation, "node") },
        "load_balance_request" => manual_balance(bench, &operation["request"]),
        "check_distribution_request" => Command::CheckQueryNodeDistribution {
            source_node_id: node(bench, &operation["request"]["source"]),
            target_node_id: node(bench, &operation["request"]["target"]),
        },
        "transfer_segment_request" => Command::TransferSegment {
            source_node_id: node(bench, &operation["request"]["source"]),
            target_node_id: target(bench, &operation["request"]),
            segment_id: operation["request"]["segment"].as_i64(),
            copy_mode: operation["request"]["copy_mode"] == true,
        },
        "transfer_channel_request" => Command::TransferChannel {
            source_node_id: node(bench, &operation["request"]["source"]),
            target_node_id: target(bench, &operation["request"]),
            channel_name: operation["request"]["channel"].as_str().map(|name| channel_name(bench, name)),
            copy_mode: operation["request"]["copy_mode"] == true,
        },
        _ => return None,
    };
    if let Some(unknown) = unknown_field(&operation["request"]) {
        return Some(json!({ "unknown": format!("field {unknown:?} of the request") }));
    }
    let mut found = json!({});
    let known = bench.coordinator.tasks().ids();
    match bench.request(&command) {
        Ok(()) => found["result"] = json!("success"),
        Err(error) => found["error"] = refusal(&error),
    }
    found["tasks"] = tasks(bench, &known);
    found["balance_checker_active"] = json!(bench.coordinator.is_active());
    Some(found)
}

/// The fields of requests that are understood.
const FIELDS: &[&str] = &[
    "source",
    "target",
    "segment",
    "channel",
    "transfer_all",
    "to_all_nodes",
    "copy_mode",
    "collection",
    "source_nodes",
    "target_nodes",
    "segments",
];

/// A field of a request that nobody would look at.
fn unknown_field(request: &Value) -> Option<&str> {
    let mut fields = request.as_object().into_iter().flat_map(|request| request.keys());
    fields.find(|field| !FIELDS.contains(&field.as_str())).map(String::as_str)
}

/// The node that a transfer names; `None` = all nodes.
fn target(bench: &Bench, request: &Value) -> Option<i64> {
    (request["to_all_nodes"] != true).then(|| node(bench, &request["target"]))
}

fn refusal(error: &CommandError) -> Value {
    json!({ "code": error.code, "text": error.text })
}

/// A node of a request: an id, or one that the case names by its place; 0 where it names none.
fn node(bench: &Bench, value: &Value) -> i64 {
    if value.is_null() {
        return 0;
    }
    bench.named_node(value).expect("a node's id")
}

fn manual_balance(bench: &Bench, request: &Value) -> Command {
    let nodes = |key: &str| -> Vec<i64> { list(request, key).iter().map(|one| node(bench, one)).collect() };
    let collection = int(request, "collection");
    load_balance(collection, &nodes("source_nodes"), &nodes("target_nodes"), &ints(request, "segments"))
}

/// The name here of a case's channel; of one that the case does not have, its own.
fn channel_name(bench: &Bench, name: &str) -> String {
    bench.channels.get(name).cloned().unwrap_or_else(|| name.to_owned())
}

/// The tasks that a request led to and that the scheduler took, in its order; `known` are older.
fn tasks(bench: &Bench, known: &[TaskId]) -> Value {
    let tasks = bench.coordinator.tasks();
    let told = tasks.ids().into_iter().filter(|id| !known.contains(id)).filter_map(|id| tasks.get(id)).map(|task| {
        let action = |action: &Action| {
            let kind = if action.kind == ActionKind::Grow { "load" } else { "release" };
            json!({ "kind": kind, "node": bench.cluster.node(action.node).id })
        };
        let actions: Vec<Value> = task.what.actions.iter().map(action).collect();
        json!({ "segment": task.segment().map(|segment| bench.cluster.segments().id(segment)), "actions": actions })
    });
    json!(told.collect::<Vec<Value>>())
}

impl Bench {
    /// A node registers, and announces its stop where it is to be a stopping one.
    fn join_node(&mut self, id: i64, state: &str) {
        let node = self.cluster.find_node(id).unwrap_or_else(|| self.add_node(id));
        let is_stopping = state == "stopping";
        self.cluster.start_node(node, if is_stopping { NodeState::Stopping } else { NodeState::Normal });
        self.turn(|coordinator, hearing, outcome| {
            coordinator.node_up(node, hearing, outcome);
            if is_stopping {
                coordinator.node_stopping(node, hearing, outcome);
            }
        });
    }

    fn add_node(&mut self, id: i64) -> NodeIndex {
        self.cluster.add_node(QueryNode { state: NodeState::Down, ..QueryNode::empty(id, 1 << 40) });
        self.node(id)
    }
}

/// Whether a result of the checker or of a request is what a case expects.
pub(crate) fn check(expected: &Value, found: &Value) -> Result<(), String> {
    if let Some(unknown) = found["unknown"].as_str() {
        return Err(format!("unknown: {unknown}"));
    }
    for (name, expectation) in expected.as_object().ok_or("no expectation")? {
        let result = &found[name.as_str()];
        let one = json!({ name: expectation });
        match name.as_str() {
            _ if text(expectation, "check") == "unchecked" => Ok(()),
            "error" => check_error(expectation, result),
            "result" => (result == "success").then_some(()).ok_or_else(|| format!("refused: {found}")),
            "tasks" => check_tasks(expectation, list(found, name)),
            "replicas" | "collections" | "queue" => check_ids(expectation, list(found, name)),
            _ => conformance_checks::check(&one, found),
        }
        .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn check_ids(expected: &Value, found: &[Value]) -> Result<(), String> {
    let wanted = || [list(expected, "ids"), list(expected, "collections")].concat();
    let sorted = |mut ids: Vec<Value>| {
        ids.sort_by_key(Value::as_i64);
        ids
    };
    let all_in = |some: &[Value], all: &[Value]| some.iter().all(|one| all.contains(one));
    let holds = match text(expected, "check") {
        "empty" | "null" => found.is_empty(),
        "list" => wanted() == found,
        "set" => sorted(wanted()) == sorted(found.to_vec()),
        "contains" => !wanted().is_empty() && all_in(&wanted(), found),
        "subset" => all_in(found, list(expected, "of")),
        "none_of" => !wanted().is_empty() && wanted().iter().all(|one| !found.contains(one)),
        check if is_count(check) => has_count(expected, found.len())?,
        other => return Err(format!("unknown check {other:?}")),
    };
    holds.then_some(()).ok_or_else(|| format!("{found:?}, expected {expected}"))
}

fn is_count(check: &str) -> bool {
    matches!(check, "count" | "at_least" | "greater_than")
}

/// Whether there are as many as a check of numbers says.
fn has_count(expected: &Value, found: usize) -> Result<bool, String> {
    let wanted = expected["count"].as_u64().or(expected["value"].as_u64());
    let wanted = wanted.ok_or_else(|| format!("no count in {expected}"))?;
    let found = found as u64;
    Ok(match text(expected, "check") {
        "at_least" => found >= wanted,
        "greater_than" => found > wanted,
        _ => found == wanted,
    })
}

fn check_error(expected: &Value, found: &Value) -> Result<(), String> {
    if !found.is_object() {
        return Err(format!("accepted, expected {expected}"));
    }
    let says = |base: &str| text(found, "text").contains(base);
    // The old codes of 2.2; later releases are known by the base message, as those without codes are too.
    let is_unexpected = || {
        let own = ["service not ready", "collection not found", "invalid parameter", "segment not found"];
        int(found, "code") == 1 || (int(found, "code") != 56 && !own.iter().any(|base| says(base)))
    };
    let kind = if text(expected, "check") == "error_is" { "kind" } else { "code" };
    let holds = match (text(expected, "check"), text(expected, kind)) {
        ("any_error", _) => true,
        ("error_is", "NodeNotFound") => says("node not found") && int(found, "code") == 901,
        ("error_is", name) if base_of(name).is_some() => base_of(name).is_some_and(says),
        ("error_code", "NotReadyServe") => int(found, "code") == 56,
        ("error_code", "ServiceNotReady") => says("service not ready"),
        ("error_code", "UnexpectedError") => is_unexpected(),
        ("error_code", "IllegalArgument") => says("invalid parameter") || int(found, "code") == 5,
        ("error_code", "CollectionNotExists") => {
            says("collection not found") || says("can't find collection")
        }
        ("error_code", "SegmentNotFound") => says("segment not found"),
        ("error_code", "NoReplicaAvailable") => says("not available"),
        (check, what) => return Err(format!("unknown check {check:?} of {what:?}")),
    };
    let reasons = || list(expected, "reason_contains").iter().filter_map(Value::as_str).all(says);
    (holds && reasons()).then_some(()).ok_or_else(|| format!("{found}, expected {expected}"))
}

/// The base message of a typed error (section 12.1).
fn base_of(name: &str) -> Option<&'static str> {
    const BASES: &[(&str, &str)] = &[
        ("ServiceNotReady", "service not ready"),
        ("ServiceUnavailable", "service unavailable"),
        ("ServiceInternal", "service internal error"),
        ("ServiceMemoryLimitExceeded", "memory limit exceeded"),
        ("ServiceDiskLimitExceeded", "disk limit exceeded"),
        ("ServiceTooManyRequests", "too many concurrent requests"),
        ("ServiceResourceInsufficient", "service resource insufficient"),
        ("ResourceGroupIllegalConfig", "resource group illegal config"),
        ("ResourceGroupNodeNotEnough", "resource group node not enough"),
        ("ChannelReduplicate", "channel reduplicates"),
        ("ChannelNotAvailable", "channel not available"),
        ("ChannelLack", "channel lacks"),
        ("SegmentReduplicate", "segment reduplicates"),
        ("SegmentLack", "segment lacks"),
        ("SegmentLoadFailed", "segment load failed"),
        ("SegmentRequestResourceFailed", "segment request resource failed"),
        ("CollectionNotFound", "collection not found"),
        ("CollectionNotLoaded", "collection not loaded"),
        ("CollectionNotFullyLoaded", "collection not fully loaded"),
        ("ResourceGroupNotFound", "resource group not found"),
        ("ReplicaNotFound", "replica not found"),
        ("ReplicaNotAvailable", "replica not available"),
        ("ChannelNotFound", "channel not found"),
        ("SegmentNotFound", "segment not found"),
        ("NodeOffline", "node offline"),
        ("NodeNotAvailable", "node not available"),
        ("NodeStateUnexpected", "node state unexpected"),
        ("ParameterInvalid", "invalid parameter"),
    ];
    BASES.iter().find(|(known, _)| *known == name).map(|(_, base)| *base)
}

fn check_tasks(expected: &Value, found: &[Value]) -> Result<(), String> {
    let condition = &expected["where"];
    let fits = |task: &Value| {
        condition.as_object().into_iter().flatten().all(|(key, wanted)| match key.as_str() {
            "segment_in" => wanted.as_array().is_some_and(|ids| ids.contains(&task["segment"])),
            "actions" => task["actions"] == *wanted,
            "actions_count" => wanted.as_u64() == Some(list(task, "actions").len() as u64),
            "first_action_node" => task["actions"][0]["node"] == *wanted,
            _ => false,
        })
    };
    let mut first: Vec<i64> = found.iter().map(|task| int(&task["actions"][0], "node")).collect();
    first.sort_unstable();
    first.dedup();
    let spread = expected["distinct_first_action_nodes"].as_u64();
    let may_be_empty = expected["may_be_empty"].as_bool().unwrap_or(false);
    let holds = match text(expected, "check") {
        "empty" | "null" => found.is_empty(),
        check if is_count(check) => has_count(expected, found.len())?,
        "every" => (may_be_empty || !found.is_empty()) && found.iter().all(fits),
        "count_and_every" => {
            usize::try_from(int(expected, "count")) == Ok(found.len()) && found.iter().all(fits)
        }
        other => return Err(format!("unknown check {other:?}")),
    };
    let is_spread = spread.is_none_or(|nodes| nodes == first.len() as u64);
    (holds && is_spread).then_some(()).ok_or_else(|| format!("{}, expected {expected}", json!(found)))
}
