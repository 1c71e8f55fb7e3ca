//! The digest: 128 bits over what happened, the same wherever and however often it is run.
//!
//! Every record but what was declined adds a fixed little-endian form of its time, kind, subjects and outcome.
//! Configuration values, reasons with their margins, and sequence numbers are left out, so that two runs
//! which differ only in a key and do the same have the same digest.

use super::history::{Moved, Record};
use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::units::SimTime;
use xxhash_rust::xxh3::Xxh3;

/// What stands before the overload threshold in a refusal.
const QUOTES_THRESHOLD: &str = "thresholdFactor = ";

/// So many bytes are hashed at once.
const TOGETHER: usize = 1_024;

/// The digest of a run so far.
pub struct Digest {
    hash: Xxh3,
    /// Records that are not in `hash` yet: it takes many at once faster than one by one.
    buffer: Vec<u8>,
}

impl Default for Digest {
    fn default() -> Digest {
        Digest { hash: Xxh3::new(), buffer: Vec::with_capacity(2 * TOGETHER) }
    }
}

impl Digest {
    /// 32 hex digits.
    pub fn text(&self) -> String {
        format!("{:032x}", self.value())
    }

    /// The same as a number.
    pub fn value(&self) -> u128 {
        let mut hash = self.hash.clone();
        hash.update(&self.buffer);
        hash.digest128()
    }

    /// Adds a record.
    pub fn add(&mut self, now: SimTime, record: &Record<'_>, cluster: &Cluster) {
        if record.is_decline() {
            return;
        }
        let mut form = Form { bytes: &mut self.buffer, cluster };
        form.number(now.as_ms());
        form.record(record);
        if self.buffer.len() >= TOGETHER {
            self.hash.update(&self.buffer);
            self.buffer.clear();
        }
    }
}

struct Form<'a> {
    bytes: &'a mut Vec<u8>,
    cluster: &'a Cluster,
}

impl Form<'_> {
    fn kind(&mut self, kind: u8) -> &mut Self {
        self.bytes.push(kind);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn id(&mut self, id: i64) -> &mut Self {
        self.bytes.extend_from_slice(&id.to_le_bytes());
        self
    }

    /// A text, but for the configuration value that some of the query node's refusals quote.
    fn text(&mut self, text: &str) -> &mut Self {
        let (before, after) = match text.split_once(QUOTES_THRESHOLD) {
            Some((before, after)) => {
                (before, after.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.'))
            }
            None => (text, ""),
        };
        self.number((before.len() + after.len()) as u64);
        self.bytes.extend_from_slice(before.as_bytes());
        self.bytes.extend_from_slice(after.as_bytes());
        self
    }

    fn node(&mut self, node: NodeIndex) -> &mut Self {
        self.id(self.cluster.node(node).id)
    }

    fn maybe_node(&mut self, node: Option<NodeIndex>) -> &mut Self {
        self.id(node.map_or(-1, |node| self.cluster.node(node).id))
    }

    fn segment(&mut self, segment: SegmentIndex) -> &mut Self {
        self.id(self.cluster.segments().id(segment))
    }

    fn replica(&mut self, replica: Option<ReplicaIndex>) -> &mut Self {
        self.id(replica.map_or(-1, |replica| self.cluster.replica(replica).id))
    }

    fn maybe_move(&mut self, number: Option<MoveNumber>) -> &mut Self {
        self.number(number.map_or(u64::MAX, |number| u64::from(number.0)))
    }

    fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Start { .. } => self.kind(0),
            Record::End => self.kind(1),
            Record::Command { verb, arguments, .. } => self.kind(2).text(verb).text(arguments),
            Record::CommandResult { outcome, code, text, .. } => {
                self.kind(3).text(outcome.text()).id(i64::from(*code)).text(text)
            }
            Record::NodeUp { node } => self.kind(4).node(*node),
            Record::NodeStopping { node } => self.kind(5).node(*node),
            Record::NodeDown { node, cause } => self.kind(6).node(*node).text(cause),
            Record::Plan { number, moved, replica, from, to, cause, .. } => {
                self.kind(7).maybe_move(Some(*number)).replica(*replica).node(*from).node(*to);
                match moved {
                    Moved::Segment(segment) => self.kind(0).segment(*segment),
                    Moved::Channel(channel) => self.kind(1).number(u64::from(channel.0)),
                };
                self.kind(match cause {
                    MoveCause::Balance => 0,
                    MoveCause::Drain => 1,
                    MoveCause::Manual => 2,
                })
            }
            Record::Declined { .. } | Record::DeclinedAgain { .. } => self,
            Record::LoadStart { node, segment, number, .. } => {
                self.kind(8).node(*node).segment(*segment).maybe_move(*number)
            }
            Record::LoadDone { node, segment, number, .. } => {
                self.kind(9).node(*node).segment(*segment).maybe_move(*number)
            }
            Record::LoadFailed { node, segment, number, text, .. } => {
                self.kind(10).node(*node).segment(*segment).maybe_move(*number).text(text)
            }
            Record::Release { node, segment } => self.kind(11).node(*node).segment(*segment),
            Record::MoveEnd { number, outcome } => {
                self.kind(12).maybe_move(Some(*number)).kind(match outcome {
                    MoveOutcome::Completed => 0,
                    MoveOutcome::Failed => 1,
                    MoveOutcome::Cancelled => 2,
                    MoveOutcome::Refused => 3,
                })
            }
            Record::Leader { replica, channel, from, to } => self
                .kind(13)
                .replica(Some(*replica))
                .number(u64::from(channel.0))
                .maybe_node(*from)
                .maybe_node(*to),
            Record::SegmentNew { segment } => self.kind(14).segment(*segment),
            Record::SegmentGone { segment } => self.kind(15).segment(*segment),
            Record::Config { key, .. } => self.kind(16).text(key),
            Record::KilledForMemory { node, used_bytes } => self.kind(17).node(*node).number(*used_bytes),
            Record::SegmentInfo { rows, .. } => self.kind(18).number(rows.len() as u64),
        };
    }
}
