//! `events.jsonl`: one line per record, hand-written, since a day of a large cluster has millions.

use crate::coordinator::outcome::MoveNumber;
use crate::coordinator::query_coord::{SegmentInfoNodes, SegmentInfoRow};
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::reason::Reason;
use crate::simulation::history::{Moved, Record};
use crate::units::SimTime;
use std::io::Write;

/// Version of the line format, on the first line.
pub const FORMAT: u32 = 1;

/// Appends the line of a record, if it has one.
pub fn append_event(out: &mut Vec<u8>, now: SimTime, sequence: u64, record: &Record<'_>, cluster: &Cluster) {
    if !record.is_line() {
        return;
    }
    let mut line = Line { out, cluster };
    line.raw("{\"t_ms\":");
    line.number(now.as_ms());
    line.raw(",\"seq\":");
    line.number(sequence);
    line.record(record);
    line.raw("}\n");
}

struct Line<'a> {
    out: &'a mut Vec<u8>,
    cluster: &'a Cluster,
}

impl Line<'_> {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        // Writing to a Vec cannot fail.
        let _ = write!(self.out, "{number}");
        self
    }

    fn signed(&mut self, key: &str, number: i32) -> &mut Self {
        self.key(key);
        let _ = write!(self.out, "{number}");
        self
    }

    fn event(&mut self, name: &str) -> &mut Self {
        self.raw(",\"event\":\"").raw(name).raw("\"")
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.raw(",\"").raw(key).raw("\":")
    }

    fn id(&mut self, key: &str, id: i64) -> &mut Self {
        self.key(key);
        let _ = write!(self.out, "\"{id}\"");
        self
    }

    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key).string(text)
    }

    fn string(&mut self, text: &str) -> &mut Self {
        // A string always serializes, and writing to a Vec cannot fail.
        let _ = serde_json::to_writer(&mut *self.out, text);
        self
    }

    fn node(&mut self, key: &str, node: NodeIndex) -> &mut Self {
        self.id(key, self.cluster.node(node).id)
    }

    fn maybe_node(&mut self, key: &str, node: Option<NodeIndex>) -> &mut Self {
        match node {
            Some(node) => self.node(key, node),
            None => self.key(key).raw("null"),
        }
    }

    fn segment(&mut self, segment: SegmentIndex) -> &mut Self {
        self.id("segment", self.cluster.segments().id(segment))
    }

    fn replica(&mut self, replica: Option<ReplicaIndex>) -> &mut Self {
        match replica {
            Some(replica) => self.id("replica", self.cluster.replica(replica).id),
            None => self.key("replica").raw("null"),
        }
    }

    fn channel(&mut self, channel: ChannelIndex) -> &mut Self {
        let name = &self.cluster.channel(channel).name;
        self.text("channel", name)
    }

    fn maybe_move(&mut self, number: Option<MoveNumber>) -> &mut Self {
        self.key("move");
        match number {
            Some(number) => self.number(u64::from(number.0)),
            None => self.raw("null"),
        }
    }

    fn float(&mut self, key: &str, value: Option<f64>) -> &mut Self {
        self.key(key);
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                let _ = serde_json::to_writer(&mut *self.out, &value);
                self
            }
            None => self.raw("null"),
        }
    }

    fn reason(&mut self, reason: &Reason) -> &mut Self {
        self.raw(",\"reason\":{\"code\":\"").raw(reason.code.text()).raw("\"");
        match reason.key {
            Some(key) => self.text("key", key),
            None => self.key("key").raw("null"),
        };
        self.float("left", reason.left).float("right", reason.right).float("margin", reason.margin()).raw("}")
    }

    fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Start { scenario, seed } => {
                self.event("start").key("format").number(u64::from(FORMAT));
                self.text("scenario", scenario).key("seed").number(*seed)
            }
            Record::End => self.event("end"),
            Record::Command { verb, arguments, .. } => {
                self.event("command").text("verb", verb).key("arguments").raw(arguments)
            }
            Record::CommandResult { of, outcome, code, text } => {
                self.event("command_result").key("of").number(*of).text("outcome", outcome.text());
                self.signed("code", *code).text("text", text)
            }
            Record::NodeUp { node } => self.event("node_up").node("query_node", *node),
            Record::NodeStopping { node } => self.event("node_stopping").node("query_node", *node),
            Record::NodeDown { node, cause } => {
                self.event("node_down").node("query_node", *node).text("cause", cause)
            }
            Record::Plan { number, moved, replica, from, to, cause, reason } => {
                self.event("plan").maybe_move(Some(*number)).moved(*moved, *replica);
                self.node("from", *from).node("to", *to).text("cause", cause.text()).reason(reason)
            }
            Record::Declined { replica, reason, .. } => {
                self.event("declined").replica(*replica).reason(reason)
            }
            Record::DeclinedAgain { .. } => self,
            Record::LoadStart { node, segment, number, bytes } => {
                self.event("load_start").load(*node, *segment, *number, *bytes)
            }
            Record::LoadDone { node, segment, number, bytes } => {
                self.event("load_done").load(*node, *segment, *number, *bytes)
            }
            Record::LoadFailed { node, segment, number, bytes, text, .. } => {
                self.event("load_failed").load(*node, *segment, *number, *bytes).text("text", text)
            }
            Record::Release { node, segment } => {
                self.event("release").node("query_node", *node).segment(*segment)
            }
            Record::MoveEnd { number, outcome } => {
                self.event("move_end").maybe_move(Some(*number)).text("outcome", outcome.text())
            }
            Record::Leader { replica, channel, from, to } => self
                .event("leader")
                .channel(*channel)
                .replica(Some(*replica))
                .maybe_node("from", *from)
                .maybe_node("to", *to),
            Record::SegmentNew { segment } => self.event("segment_new").sized(*segment),
            Record::SegmentGone { segment } => self.event("segment_gone").sized(*segment),
            Record::Config { key, value } => self.event("config").text("key", key).key("value").raw(value),
            Record::KilledForMemory { node, used_bytes } => self
                .event("killed_for_memory")
                .node("query_node", *node)
                .key("used_bytes")
                .number(*used_bytes),
            Record::SegmentInfo { of, rows } => {
                self.event("segment_info").key("of").number(*of).listing(rows)
            }
        };
    }

    fn moved(&mut self, moved: Moved, replica: Option<ReplicaIndex>) -> &mut Self {
        match moved {
            Moved::Segment(segment) => {
                self.text("what", "segment").of_segment(segment).replica(replica).segment(segment)
            }
            Moved::Channel(channel) => {
                self.text("what", "channel").of_channel(channel).replica(replica).channel(channel)
            }
        }
    }

    fn of_segment(&mut self, segment: SegmentIndex) -> &mut Self {
        let collection = self.cluster.segments().collection(segment);
        self.id("collection", self.cluster.collection(collection).id)
    }

    fn of_channel(&mut self, channel: ChannelIndex) -> &mut Self {
        let collection = self.cluster.channel(channel).collection;
        self.id("collection", self.cluster.collection(collection).id)
    }

    fn load(
        &mut self,
        node: NodeIndex,
        segment: SegmentIndex,
        number: Option<MoveNumber>,
        bytes: u64,
    ) -> &mut Self {
        self.node("query_node", node).segment(segment).maybe_move(number).key("bytes").number(bytes)
    }

    fn sized(&mut self, segment: SegmentIndex) -> &mut Self {
        let segments = self.cluster.segments();
        let (rows, bytes) = (u64::from(segments.rows(segment)), segments.memory_bytes(segment));
        self.segment(segment).of_segment(segment).key("rows").number(rows).key("bytes").number(bytes)
    }

    fn nodes(&mut self, nodes: &[NodeIndex]) -> &mut Self {
        self.raw("[");
        for (place, node) in nodes.iter().enumerate() {
            let id = self.cluster.node(*node).id;
            let _ = write!(self.out, "{}\"{id}\"", if place == 0 { "" } else { "," });
        }
        self.raw("]")
    }

    fn listing(&mut self, rows: &[SegmentInfoRow]) -> &mut Self {
        self.key("rows").raw("[");
        for (place, row) in rows.iter().enumerate() {
            self.raw(if place == 0 { "{\"segmentID\":" } else { ",{\"segmentID\":" });
            match row.segment {
                Some(segment) => {
                    let _ = write!(self.out, "\"{}\"", self.cluster.segments().id(segment));
                }
                None => {
                    self.raw("null");
                }
            }
            self.id("collectionID", row.collection).id("partitionID", row.partition);
            self.key("mem_size").number(row.mem_size).key("num_rows").number(row.num_rows);
            self.text("state", row.state);
            match &row.nodes {
                SegmentInfoNodes::One(node) => self.node("nodeID", *node).raw("}"),
                SegmentInfoNodes::All(nodes) => self.key("nodeIds").nodes(nodes).raw("}"),
            };
        }
        self.raw("]")
    }
}
