//! A conformance case's cluster as a view, and its parameters, for one release.

use super::known_view::{KnownView, Names};
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
    names.collections.extend(list(state, "collections").iter().map(|collection| int(collection, "id")));
    names.collections.extend(operation["collection"].as_i64());
    for replica in list(state, "replicas") {
        names.collections.push(int(replica, "collection"));
        for key in ["declared_nodes", "rw_nodes", "ro_nodes"] {
            names.nodes.extend(ints(replica, key));
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
    // Milvus's unit tests run without the streaming service in every release.
    let mut known = KnownView::new(names(state, operation), false);
    for node in list(state, "nodes") {
        let index = known.node(int(node, "id"));
        let seen = known.view.node_mut(index);
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
    }
    for segment in list(state, "segments") {
        if let Some(node) = segment["node"].as_i64() {
            known.hold(node, int(segment, "id"), rows(segment));
        }
    }
    fill_channels(&mut known, state, release);
    fill_targets(&mut known, state, next);
    fill_replicas(&mut known, state);
    fill_pending(&mut known, &state["inflight"]);
    known
}

fn fill_channels(known: &mut KnownView, state: &Value, release: Release) {
    for channel in list(state, "channels") {
        let (node, name) = (int(channel, "node"), text(channel, "name"));
        known.serve(node, name);
        // From 2.6 on a channel of the distribution is a delegator, with or without a view.
        let delegator = &channel["leader_view"];
        if delegator.is_object() || release.has(Quirk::StreamingNodes) {
            known.delegate(node, name, int(delegator, "growing_rows"));
        }
    }
    for (place, delegator) in list(state, "leader_views").iter().enumerate() {
        known.delegate(int(delegator, "node"), &delegator_channel(place), int(delegator, "growing_rows"));
    }
}

fn fill_targets(known: &mut KnownView, state: &Value, next: NextTarget) {
    for target in list(state, "targets") {
        let collection = known.collection(int(target, "collection"));
        let given = &target["next"];
        let next = match next {
            _ if given.is_object() => given,
            NextTarget::SameAsCurrent => &target["current"],
            NextTarget::Cleared => &Value::Null,
        };
        for (side, one) in [(Target::Current, &target["current"]), (Target::Next, next)] {
            for segment in ints(one, "segments") {
                known.target(segment, &[side]);
            }
            if one.is_object() {
                let mut channels: Vec<_> = list(one, "channels")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| known.channel(name))
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
            known.target(int(segment, "id"), &[Target::Current]);
        }
    }
}

fn fill_replicas(known: &mut KnownView, state: &Value) {
    for replica in list(state, "replicas") {
        let mut view = ReplicaView::new(known.collection(int(replica, "collection")));
        let nodes = |ids: Vec<i64>| -> Vec<NodeIndex> {
            let mut nodes: Vec<NodeIndex> = ids.into_iter().map(|id| known.node(id)).collect();
            nodes.sort_unstable();
            nodes
        };
        view.rw_nodes = nodes(ints(replica, "rw_nodes")).into();
        view.ro_nodes = nodes(ints(replica, "ro_nodes")).into();
        if let Some(channels) = replica["rw_nodes_by_channel"].as_object() {
            for name in channels.keys() {
                let own = nodes(ints(&replica["rw_nodes_by_channel"], name));
                view.channel_nodes.push((known.channel(name), own.into()));
            }
            view.channel_nodes.sort_unstable();
        }
        known.add_replica(replica["id"].as_i64(), view);
    }
}

fn fill_pending(known: &mut KnownView, pending: &Value) {
    let elsewhere = known.elsewhere();
    for key in ["segment_row_delta", "segment_count_delta"] {
        for delta in list(pending, key) {
            let (node, amount) = (known.node(int(delta, "node")), int(delta, "all_collections"));
            known.view.shift_pending_rows(elsewhere, node, amount);
            known.view.shift_pending_actions(node, amount);
        }
    }
    for delta in list(pending, "channel_delta") {
        let (node, amount) = (known.node(int(delta, "node")), int(delta, "all_collections"));
        known.view.shift_pending_channels(elsewhere, node, amount);
    }
    let tasks = |key: &str| u32::try_from(int(pending, key)).expect("a count of tasks");
    for place in 0..elsewhere.position() {
        let view = known.view.collection_mut(CollectionIndex::at(place));
        view.pending_segment_moves = tasks("segment_tasks");
        view.pending_channel_moves = tasks("channel_tasks");
    }
}

/// The parameters in force: what the release ships, overlaid with what the case lists.
pub(crate) fn parameters(config: &Value, release: Release) -> Parameters {
    let mut parameters = Parameters::shipped(release);
    let no_settings = serde_json::Map::new();
    for (key, value) in config.as_object().unwrap_or(&no_settings) {
        let (float, int) = (value.as_f64(), value.as_i64());
        let set_float = |field: &mut f64| *field = float.unwrap_or(*field);
        let set_int = |field: &mut i64| *field = int.unwrap_or(*field);
        let set_bool = |field: &mut bool| *field = value.as_bool().unwrap_or(*field);
        match key.strip_prefix("queryCoord.").unwrap_or(key) {
            "autoBalanceChannel" => set_bool(&mut parameters.auto_balance_channel),
            "globalRowCountFactor" => set_float(&mut parameters.global_row_count_factor),
            "scoreUnbalanceTolerationFactor" => set_float(&mut parameters.score_unbalance_toleration_factor),
            "reverseUnBalanceTolerationFactor" => {
                set_float(&mut parameters.reverse_un_balance_toleration_factor);
            }
            "growingRowCountWeight" => set_float(&mut parameters.growing_row_count_weight),
            "delegatorMemoryOverloadFactor" => set_float(&mut parameters.delegator_memory_overload_factor),
            "collectionChannelCountFactor" => set_float(&mut parameters.collection_channel_count_factor),
            "rowCountFactor" => set_float(&mut parameters.row_count_factor),
            "segmentCountFactor" => set_float(&mut parameters.segment_count_factor),
            "globalSegmentCountFactor" => set_float(&mut parameters.global_segment_count_factor),
            "balanceCostThreshold" => set_float(&mut parameters.balance_cost_threshold),
            "rowCountMaxSteps" => set_int(&mut parameters.row_count_max_steps),
            "segmentCountMaxSteps" => set_int(&mut parameters.segment_count_max_steps),
            "randomMaxSteps" => set_int(&mut parameters.random_max_steps),
            "channelExclusiveNodeFactor" => set_int(&mut parameters.channel_exclusive_node_factor),
            "collectionBalanceSegmentBatchSize" | "balanceSegmentBatchSize" => {
                set_int(&mut parameters.balance_segment_batch_size);
            }
            "collectionBalanceChannelBatchSize" | "balanceChannelBatchSize" => {
                set_int(&mut parameters.balance_channel_batch_size);
            }
            "enableStoppingBalance" => set_bool(&mut parameters.enable_stopping_balance),
            _ => {}
        }
    }
    parameters
}
