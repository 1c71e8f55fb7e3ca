//! Questions as lines, in Milvus's ids.

use super::shown_view::{View, node_ids};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::{Ask, ChannelToAssign, SegmentToAssign};
use crate::policy::parameters::Parameters;
use serde::Serialize;

/// The version of what is said.
pub const PROTOCOL: u32 = 1;

/// The first line.
#[derive(Debug, Serialize)]
pub struct Greeting<'a> {
    /// Version of evenkeel.
    pub evenkeel: &'static str,
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Name of the scenario.
    pub scenario: &'a str,
    /// The release simulated.
    pub milvus: String,
    /// Seed of the run.
    pub seed: u64,
    /// Whether what Milvus shuffles is shuffled.
    pub shuffles: bool,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// `balance_replica`.
    Replica(ReplicaIndex),
    /// `assign_segments`: the segments, the candidates, whether it is forced.
    Segments(CollectionIndex, &'a [SegmentToAssign], &'a [NodeIndex], bool),
    /// `assign_channels`: the same.
    Channels(CollectionIndex, &'a [ChannelToAssign], &'a [NodeIndex], bool),
}

impl Subject<'_> {
    /// Its name in questions and messages.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Replica(_) => "balance_replica",
            Subject::Segments(..) => "assign_segments",
            Subject::Channels(..) => "assign_channels",
        }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    question: u64,
    ask: &'static str,
    t_ms: u64,
    collection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<AskedSegment<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<AskedChannel<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    force: Option<bool>,
    parameters: &'a Parameters,
    view: View<'a>,
}

#[derive(Serialize)]
struct AskedSegment<'a> {
    segment: String,
    rows: i64,
    memory_bytes: u64,
    channel: &'a str,
    node: Option<String>,
}

#[derive(Serialize)]
struct AskedChannel<'a> {
    channel: &'a str,
    node: Option<String>,
}

/// The line of a question, without its end.
pub fn line(ask: &Ask<'_>, number: u64, subject: Subject<'_>) -> Vec<u8> {
    let collection = match subject {
        Subject::Replica(replica) => ask.view.replica(replica).collection,
        Subject::Segments(collection, ..) | Subject::Channels(collection, ..) => collection,
    };
    let mut question = Question {
        question: number,
        ask: subject.name(),
        t_ms: ask.facts.now().as_ms(),
        collection: ask.facts.collection_id(collection).to_string(),
        replica: None,
        segments: None,
        channels: None,
        nodes: None,
        force: None,
        parameters: ask.parameters,
        view: View::of(ask, collection),
    };
    match subject {
        Subject::Replica(replica) => question.replica = Some(ask.facts.replica_id(replica).to_string()),
        Subject::Segments(_, segments, nodes, force) => {
            question.segments = Some(segments.iter().map(|asked| asked_segment(ask, asked)).collect());
            (question.nodes, question.force) = (Some(node_ids(ask, nodes)), Some(force));
        }
        Subject::Channels(_, channels, nodes, force) => {
            question.channels = Some(channels.iter().map(|asked| asked_channel(ask, asked)).collect());
            (question.nodes, question.force) = (Some(node_ids(ask, nodes)), Some(force));
        }
    }
    serde_json::to_vec(&question).expect("ids, names and numbers are JSON")
}

fn asked_segment<'a>(ask: &Ask<'a>, asked: &SegmentToAssign) -> AskedSegment<'a> {
    AskedSegment {
        segment: ask.facts.segment_id(asked.segment).to_string(),
        rows: asked.rows,
        memory_bytes: ask.facts.segment_bytes(asked.segment),
        channel: ask.facts.channel_name(ask.view.segment(asked.segment).channel),
        node: asked.node.map(|node| ask.facts.node_id(node).to_string()),
    }
}

fn asked_channel<'a>(ask: &Ask<'a>, asked: &ChannelToAssign) -> AskedChannel<'a> {
    AskedChannel {
        channel: ask.facts.channel_name(asked.channel),
        node: asked.node.map(|node| ask.facts.node_id(node).to_string()),
    }
}
