//! A conformance case's cluster as a view, and its parameters, for one release.

use super::known_view::{KnownView, Names};
use evenkeel::coordinator::keys::{self, Config, Origin, Value as Setting};
use evenkeel::coordinator::v2::settings::Settings;
use evenkeel::model::ids::{CollectionIndex, NodeIndex};
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::view::node::NodeState;
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::Target;
use evenkeel::release::{Quirk, Release};
use serde_json::Value;

/// What the next target is where the case does not list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextTarget {
    /// The same as the current one.
    SameAsCurrent,
    /// There is none.
    Cleared,
}

/// The entries of a list field; none when it is absent or no list.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// A whole number of a field; 0 when it is absent.
pub(crate) fn int(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or(0)
}

/// Every whole number of a list field.
pub(crate) fn ints(value: &Value, key: &str) -> Vec<i64> {
    list(value, key).iter().filter_map(Value::as_i64).collect()
}

/// A text of a field; empty when it is absent.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn rows(segment: &Value) -> u32 {
    segment["rows"].as_u64().map_or(0, |rows| u32::try_from(rows).expect("rows of 32 bits"))
}

/// The channel of a segment; segments without one share a channel of their collection.
fn channel_of(segment: &Value) -> String {
    match text(segment, "shard") {
        "" => format!("channel of {}", int(segment, "collection")),
        name => name.to_owned(),
    }
}

/// The channel of a delegator that is filed apart from channels.
fn delegator_channel(place: usize) -> String {
    format!("delegator {place}")
}

fn names(state: &Value, operation: &Value) -> Names {
    let mut names = Names::default();
    let add_segment = |segment: &Value, names: &mut Names| {
        let (collection, channel) = (int(segment, "collection"), channel_of(segment));
        names.collections.push(collection);
        names.channels.push((channel.clone(), collection));
        names.nodes.extend(segment["node"].as_i64());
        names.segments.push((int(segment, "id"), collection, channel, rows(segment)));
    };
    for segment in list(state, "segments").iter().chain(list(operation, "segments")) {
        add_segment(segment, &mut names);
    }
    for node in list(state, "nodes") {
        names.nodes.push(int(node, "id"));
    }
    names.nodes.extend(ints(operation, "candidate_nodes"));
    for key in ["segment_row_delta", "segment_count_delta", "channel_delta"] {
        names.nodes.extend(list(&state["inflight"], key).iter().map(|delta| int(delta, "node")));
    }
    names.collections.extend(list(state, "collections").iter().map(|collection| int(collection, "id")));
    names.collections.extend(operation["collection"].as_i64());
    names.collections.extend(ints(operation, "collections"));
    for replica in list(state, "replicas") {
        let collection = int(replica, "collection");
        names.collections.push(collection);
        for key in ["declared_nodes", "rw_nodes", "ro_nodes", "rw_sq_nodes", "ro_sq_nodes"] {
            names.nodes.extend(ints(replica, key));
        }
        for (channel, _) in replica["rw_nodes_by_channel"].as_object().into_iter().flatten() {
            names.channels.push((channel.clone(), collection));
            names.nodes.extend(ints(&replica["rw_nodes_by_channel"], channel));
        }
    }
    for target in list(state, "targets") {
        let collection = int(target, "collection");
        names.collections.push(collection);
        for one in [&target["current"], &target["next"]] {
            let channels = list(one, "channels").iter().filter_map(Value::as_str);
            names.channels.extend(channels.map(|name| (name.to_owned(), collection)));
            let missing = ints(one, "segments");
            let channel = format!("channel of {collection}");
            names.channels.push((channel.clone(), collection));
            // Segments of a target that nobody holds; those held were named above and are kept.
            names.segments.extend(missing.into_iter().map(|id| (id, collection, channel.clone(), 0)));
        }
    }
    for channel in list(state, "channels").iter().chain(list(operation, "channels")) {
        let collection = int(channel, "collection");
        names.collections.push(collection);
        names.channels.push((text(channel, "name").to_owned(), collection));
        names.nodes.extend(channel["node"].as_i64());
    }
    for (place, delegator) in list(state, "leader_views").iter().enumerate() {
        let collection = int(delegator, "collection");
        names.collections.push(collection);
        names.channels.push((delegator_channel(place), collection));
        names.nodes.push(int(delegator, "node"));
    }
    names
}

/// The view of a state for one release; `operation` may name what the state does not.
pub(crate) fn view(state: &Value, operation: &Value, release: Release, next: NextTarget) -> KnownView {
    // Milvus's unit tests run without the streaming service in every release, unless a case says otherwise.
    let mut known = KnownView::new(names(state, operation), state["streaming_service"] == true);
    for node in list(state, "nodes") {
        let index = known.node(int(node, "id"));
        let mut seen = known.view.node_mut(index);
        seen.state = match text(node, "state") {
            "normal" => NodeState::Normal,
            "stopping" => NodeState::Stopping,
            "suspended" => NodeState::Suspended,
            _ => NodeState::Unknown,
        };
        seen.segment_count = int(node, "reported_segment_count");
        seen.channel_count = int(node, "reported_channel_count");
        seen.memory_mib = node["mem_capacity"].as_u64().unwrap_or(0);
        seen.is_exhausted = node["resource_exhausted"].as_bool().unwrap_or(false);
        seen.is_streaming = node["is_streaming"].as_bool().unwrap_or(false);
    }
    for segment in list(state, "segments") {
        if let Some(node) = segment["node"].as_i64() {
            let index = known.segment_of(Some(int(segment, "collection")), int(segment, "id"));
            known.hold_copy(node, index, rows(segment));
        }
    }
    fill_channels(&mut known, state, release);
    fill_targets(&mut known, state, next);
    fill_replicas(&mut known, state);
    fill_pending(&mut known, &state["inflight"], release);
    known
}

fn fill_channels(known: &mut KnownView, state: &Value, release: Release) {
    for channel in list(state, "channels") {
        let node = int(channel, "node");
        let index = known.channel_of(Some(int(channel, "collection")), text(channel, "name"));
        known.serve_channel(node, index);
        // From 2.6 on a channel of the distribution is a delegator, with or without a view.
        let delegator = &channel["leader_view"];
        if delegator.is_object() || release.has(Quirk::StreamingNodes) {
            known.delegate_channel(node, index, int(delegator, "growing_rows"));
        }
    }
    for (name, node) in state["wal_nodes"].as_object().into_iter().flatten() {
        let node = node.as_i64().map(|id| known.node(id));
        known.view.set_wal_node(known.channel(name), node);
    }
    for (place, delegator) in list(state, "leader_views").iter().enumerate() {
        known.delegate(int(delegator, "node"), &delegator_channel(place), int(delegator, "growing_rows"));
    }
}

fn fill_targets(known: &mut KnownView, state: &Value, next: NextTarget) {
    for target in list(state, "targets") {
        let id = int(target, "collection");
        let collection = known.collection(id);
        let given = &target["next"];
        let next = match next {
            _ if given.is_object() => given,
            NextTarget::SameAsCurrent => &target["current"],
            NextTarget::Cleared => &Value::Null,
        };
        for (side, one) in [(Target::Current, &target["current"]), (Target::Next, next)] {
            for segment in ints(one, "segments") {
                let segment = known.segment_of(Some(id), segment);
                known.view.set_in_target(segment, side, true);
            }
            if one.is_object() {
                let mut channels: Vec<_> = list(one, "channels")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| known.channel_of(Some(id), name))
                    .collect();
                channels.sort_unstable();
                let view = known.view.collection_mut(collection);
                match side {
                    Target::Current => view.current_channels = Some(channels),
                    Target::Next => view.next_channels = Some(channels),
                }
            }
        }
    }
    if text(state, "movable").starts_with("every segment") {
        for segment in list(state, "segments") {
            let index = known.segment_of(Some(int(segment, "collection")), int(segment, "id"));
            known.view.set_in_target(index, Target::Current, true);
        }
    }
}

fn fill_replicas(known: &mut KnownView, state: &Value) {
    for replica in list(state, "replicas") {
        let collection = int(replica, "collection");
        let mut view = ReplicaView::new(known.collection(collection));
        let nodes = |ids: Vec<i64>| -> Vec<NodeIndex> {
            let mut nodes: Vec<NodeIndex> = ids.into_iter().map(|id| known.node(id)).collect();
            nodes.sort_unstable();
            nodes
        };
        view.rw_nodes = nodes(ints(replica, "rw_nodes")).into();
        view.ro_nodes = nodes(ints(replica, "ro_nodes")).into();
        view.rw_sq_nodes = nodes(ints(replica, "rw_sq_nodes")).into();
        view.ro_sq_nodes = nodes(ints(replica, "ro_sq_nodes")).into();
        if let Some(channels) = replica["rw_nodes_by_channel"].as_object() {
            for name in channels.keys() {
                let own = nodes(ints(&replica["rw_nodes_by_channel"], name));
                view.channel_nodes.push((known.channel_of(Some(collection), name), own.into()));
            }
            view.channel_nodes.sort_unstable();
        }
        known.add_replica(replica["id"].as_i64(), view);
    }
}

/// What is pending for a node: for any one collection, and for all together.
fn delta_of(known: &KnownView, delta: &Value) -> (NodeIndex, i64, i64) {
    (known.node(int(delta, "node")), int(delta, "each_collection"), int(delta, "all_collections"))
}

fn fill_pending(known: &mut KnownView, pending: &Value, release: Release) {
    let elsewhere = known.elsewhere();
    let collections = i64::try_from(elsewhere.position()).expect("few collections");
    // The scheduler is asked one question, whose unit changed; a case may name either, or both (section 10.6).
    let mut units = ["segment_count_delta", "segment_row_delta"];
    if release.has(Quirk::PendingRowsCount) {
        units.reverse();
    }
    let unit = units.into_iter().find(|unit| !list(pending, unit).is_empty());
    for delta in unit.into_iter().flat_map(|unit| list(pending, unit)) {
        let (node, each, all) = delta_of(known, delta);
        for collection in (0..elsewhere.position()).map(CollectionIndex::at) {
            known.view.shift_pending_rows(collection, node, each);
        }
        known.view.shift_pending_rows(elsewhere, node, all - each * collections);
        known.view.shift_pending_actions(node, all);
    }
    for delta in list(pending, "channel_delta") {
        let (node, each, all) = delta_of(known, delta);
        for collection in (0..elsewhere.position()).map(CollectionIndex::at) {
            known.view.shift_pending_channels(collection, node, each);
        }
        known.view.shift_pending_channels(elsewhere, node, all - each * collections);
    }
    let tasks = |key: &str| u32::try_from(int(pending, key)).expect("a count of tasks");
    for place in 0..elsewhere.position() {
        let view = known.view.collection_mut(CollectionIndex::at(place));
        view.pending_segment_moves = tasks("segment_tasks");
        view.pending_channel_moves = tasks("channel_tasks");
    }
}

/// The parameters in force: what the release ships, overlaid with what the case lists and the release reads.
pub(crate) fn parameters(config: &Value, release: Release) -> Parameters {
    let mut known = Config::defaults(release);
    for (key, value) in settings(config) {
        known.declare(release, key, value, Origin::Scenario);
    }
    Settings::of(release, &known).parameters()
}

/// The keys of a case that exist, as they are declared.
pub(crate) fn settings(config: &Value) -> Vec<(&'static keys::Key, Setting)> {
    let entries = config.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((keys::find(key)?, setting(value)))).collect()
}

/// A value of a case as the coordinator's configuration has it.
fn setting(value: &Value) -> Setting {
    match value {
        Value::Bool(value) => Setting::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Setting::Float(number.as_f64().unwrap_or(0.0)), Setting::Int)
        }
        other => Setting::Text(other.as_str().unwrap_or_default().to_owned()),
    }
}
