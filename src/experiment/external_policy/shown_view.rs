//! The view of a question: what the coordinator knows, in Milvus's ids.

use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::Ask;
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the coordinator knows: every node, and the collection asked about.
#[derive(Serialize)]
pub(super) struct View<'a> {
    streaming: bool,
    nodes: Vec<Node>,
    replicas: Vec<Replica<'a>>,
    channels: Vec<Channel<'a>>,
    segments: Vec<Segment<'a>>,
}

#[derive(Serialize)]
struct Node {
    id: String,
    state: &'static str,
    streaming: bool,
    exhausted: bool,
    memory_bytes: Option<u64>,
    used_bytes: Option<u64>,
    pending_bytes: i64,
    segments: i64,
    channels: i64,
    rows: i64,
    growing_rows: i64,
    pending_rows: i64,
    pending_channels: i64,
}

#[derive(Serialize)]
struct Replica<'a> {
    id: String,
    rw_nodes: Vec<String>,
    ro_nodes: Vec<String>,
    rw_sq_nodes: Vec<String>,
    ro_sq_nodes: Vec<String>,
    channel_nodes: BTreeMap<&'a str, Vec<String>>,
}

#[derive(Serialize)]
struct Channel<'a> {
    name: &'a str,
    nodes: Vec<String>,
}

#[derive(Serialize)]
struct Segment<'a> {
    id: String,
    channel: &'a str,
    rows: u32,
    memory_bytes: u64,
    level_zero: bool,
    current: bool,
    next: bool,
    nodes: Vec<String>,
    under_way: Vec<String>,
}

impl<'a> View<'a> {
    /// The view of a question about `collection`.
    pub(super) fn of(ask: &Ask<'a>, collection: CollectionIndex) -> View<'a> {
        let known = (0..ask.view.nodes().len()).map(NodeIndex::at).filter(|node| ask.view.knows(*node));
        View {
            streaming: ask.view.is_streaming(),
            nodes: known.map(|index| node(ask, index)).collect(),
            replicas: replicas_of(ask, collection).into_iter().map(|index| replica(ask, index)).collect(),
            channels: channels(ask, collection),
            segments: segments(ask, collection),
        }
    }
}

/// Milvus's ids of nodes, in their order.
pub(super) fn node_ids(ask: &Ask<'_>, nodes: &[NodeIndex]) -> Vec<String> {
    nodes.iter().map(|node| ask.facts.node_id(*node).to_string()).collect()
}

fn node(ask: &Ask<'_>, index: NodeIndex) -> Node {
    let (view, memory) = (ask.view.node(index), ask.facts.node_memory(index));
    Node {
        id: ask.facts.node_id(index).to_string(),
        state: match view.state {
            NodeState::Unknown => "unknown",
            NodeState::Normal => "normal",
            NodeState::Stopping => "stopping",
            NodeState::Suspended => "suspended",
        },
        streaming: view.is_streaming,
        exhausted: view.is_exhausted,
        memory_bytes: memory.map(|memory| memory.total_bytes),
        used_bytes: memory.map(|memory| memory.used_bytes),
        pending_bytes: ask.facts.pending_bytes(index),
        segments: view.segment_count,
        channels: view.channel_count,
        rows: ask.view.sealed_rows(index),
        growing_rows: ask.view.growing_rows(index),
        pending_rows: ask.view.pending_rows(index),
        pending_channels: ask.view.pending_channels(index),
    }
}

fn replica<'a>(ask: &Ask<'a>, index: ReplicaIndex) -> Replica<'a> {
    let view = ask.view.replica(index);
    let reserved = view.channel_nodes.iter();
    Replica {
        id: ask.facts.replica_id(index).to_string(),
        rw_nodes: node_ids(ask, &view.rw_nodes),
        ro_nodes: node_ids(ask, &view.ro_nodes),
        rw_sq_nodes: node_ids(ask, &view.rw_sq_nodes),
        ro_sq_nodes: node_ids(ask, &view.ro_sq_nodes),
        channel_nodes: reserved
            .map(|(channel, nodes)| (ask.facts.channel_name(*channel), node_ids(ask, nodes)))
            .collect(),
    }
}

/// Channels of the targets, and those that a node still serves.
fn channels<'a>(ask: &Ask<'a>, collection: CollectionIndex) -> Vec<Channel<'a>> {
    let view = ask.view.collection(collection);
    let mut nodes_of: BTreeMap<ChannelIndex, Vec<NodeIndex>> = BTreeMap::new();
    let targets = [&view.current_channels, &view.next_channels].into_iter().flatten().flatten();
    nodes_of.extend(targets.map(|channel| (*channel, Vec::new())));
    for node in (0..view.node_bound()).map(NodeIndex::at) {
        for copy in view.channels(node) {
            nodes_of.entry(copy.channel).or_default().push(node);
        }
    }
    let shown = |(channel, nodes): (ChannelIndex, Vec<NodeIndex>)| Channel {
        name: ask.facts.channel_name(channel),
        nodes: node_ids(ask, &nodes),
    };
    nodes_of.into_iter().map(shown).collect()
}

/// Segments that some node reports.
fn segments<'a>(ask: &Ask<'a>, collection: CollectionIndex) -> Vec<Segment<'a>> {
    let view = ask.view.collection(collection);
    let nodes = (0..view.node_bound()).map(NodeIndex::at);
    let held: BTreeSet<SegmentIndex> =
        nodes.flat_map(|node| view.copies(node)).map(|copy| copy.segment).collect();
    let replicas = replicas_of(ask, collection);
    held.into_iter().map(|index| segment(ask, &replicas, index)).collect()
}

fn replicas_of(ask: &Ask<'_>, collection: CollectionIndex) -> Vec<ReplicaIndex> {
    let replicas = (0..ask.view.replica_count()).map(ReplicaIndex::at);
    replicas.filter(|replica| ask.view.replica(*replica).collection == collection).collect()
}

fn segment<'a>(ask: &Ask<'a>, replicas: &[ReplicaIndex], index: SegmentIndex) -> Segment<'a> {
    let view = ask.view.segment(index);
    let mut nodes: Vec<NodeIndex> = ask.view.holders().of(index).collect();
    nodes.sort_unstable();
    let under_way = replicas.iter().filter(|replica| ask.facts.is_under_way(index, **replica));
    Segment {
        id: ask.facts.segment_id(index).to_string(),
        channel: ask.facts.channel_name(view.channel),
        rows: view.rows,
        memory_bytes: ask.facts.segment_bytes(index),
        level_zero: view.is_level_zero,
        current: view.is_in(Target::Current),
        next: view.is_in(Target::Next),
        nodes: node_ids(ask, &nodes),
        under_way: under_way.map(|replica| ask.facts.replica_id(*replica).to_string()).collect(),
    }
}
