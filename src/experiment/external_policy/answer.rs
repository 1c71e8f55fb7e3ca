//! Answers read, and held against what was asked: whatever was not on offer is a fault.

use super::question::{PROTOCOL, Subject};
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::Ask;
use crate::policy::plan::{BalancePlan, ChannelPlan, Decline, SegmentPlan};
use crate::policy::reason::{Reason, ReasonCode};
use serde::Deserialize;
use serde_json::Value;

/// Characters of an answer that a message shows.
const SHOWN: usize = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Greeting {
    protocol: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    answer: u64,
    #[serde(default)]
    segments: Vec<SegmentMove>,
    #[serde(default)]
    channels: Vec<ChannelMove>,
    declined: Option<Numbers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentMove {
    segment: Value,
    from: Option<Value>,
    to: Value,
    reason: Option<Numbers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelMove {
    channel: String,
    from: Option<Value>,
    to: Value,
    reason: Option<Numbers>,
}

/// The two sides of the comparison that led to a decision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    left: f64,
    right: f64,
}

fn reason(numbers: Option<&Numbers>) -> Reason {
    let code = ReasonCode::OwnPolicy;
    numbers.map_or(Reason::plain(code), |numbers| Reason::compared(code, None, numbers.left, numbers.right))
}

fn read<'t, T: Deserialize<'t>>(line: &'t str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|cause| {
        let line = line.trim_end();
        let mut shown: String = line.chars().take(SHOWN).collect();
        if shown.len() < line.len() {
            shown.push_str("...");
        }
        format!("the answer is not understood: {cause}; it begins {shown:?}")
    })
}

/// Checks the answer to the greeting.
///
/// # Errors
///
/// When it is none, or of another version.
pub fn greeting(line: &str) -> Result<(), String> {
    let Greeting { protocol } = read(line)?;
    if protocol == u64::from(PROTOCOL) {
        Ok(())
    } else {
        Err(format!("the program speaks version {protocol} of the protocol, evenkeel version {PROTOCOL}"))
    }
}

/// The plan that an answer to question `number` gives.
///
/// # Errors
///
/// What is wrong with the answer.
pub fn plan(line: &str, ask: &Ask<'_>, number: u64, subject: Subject<'_>) -> Result<BalancePlan, String> {
    let answer: Answer = read(line)?;
    if answer.answer != number {
        return Err(format!("the answer bears the number {}", answer.answer));
    }
    let offer = Offer { ask, subject };
    let mut plan = BalancePlan::default();
    for one in &answer.segments {
        let planned = offer.segment(one)?;
        if plan.segments.iter().any(|other| other.segment == planned.segment) {
            return Err(format!("segment {} is planned twice", shown(&one.segment)));
        }
        plan.segments.push(planned);
    }
    for one in &answer.channels {
        let planned = offer.channel(one)?;
        if plan.channels.iter().any(|other| other.channel == planned.channel) {
            return Err(format!("channel {} is planned twice", one.channel));
        }
        plan.channels.push(planned);
    }
    match (subject, &answer.declined) {
        (Subject::Replica(_), Some(_)) => {
            plan.declined.push(Decline { reason: reason(answer.declined.as_ref()), count: 1 });
        }
        (_, Some(_)) => return Err("declined is for balance_replica alone".to_owned()),
        (_, None) => {}
    }
    Ok(plan)
}

/// An id as it was written.
fn shown(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An id: a string of digits, or a number.
fn id(value: &Value) -> Result<i64, String> {
    let id = match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    id.ok_or_else(|| format!("{value} is no id; write a string of digits"))
}

/// What may be planned in answer to one question.
struct Offer<'a, 'b> {
    ask: &'a Ask<'b>,
    subject: Subject<'a>,
}

impl Offer<'_, '_> {
    fn segment(&self, one: &SegmentMove) -> Result<SegmentPlan, String> {
        let (id, reason) = (id(&one.segment)?, reason(one.reason.as_ref()));
        let is_it = |segment: SegmentIndex| self.ask.facts.segment_id(segment) == id;
        match self.subject {
            Subject::Segments(_, segments, nodes, _) => {
                let asked = segments.iter().find(|asked| is_it(asked.segment));
                let asked = asked.ok_or_else(|| format!("segment {id} was not asked about"))?;
                self.check_from(one.from.as_ref(), asked.node)?;
                Ok(asked.plan(self.node(&one.to, nodes)?, reason))
            }
            Subject::Replica(replica) => {
                let from = self.source(one.from.as_ref(), replica, &format!("segment {id}"))?;
                let collection = self.ask.view.replica(replica).collection;
                let mut copies = self.ask.view.copies(collection, from).iter();
                let copy = copies.find(|copy| is_it(copy.segment)).ok_or_else(|| {
                    format!("segment {id} of this collection is not on node {}", self.ask.facts.node_id(from))
                })?;
                let to = self.destination(&one.to, from, &self.ask.view.replica(replica).rw_nodes)?;
                Ok(SegmentPlan {
                    segment: copy.segment,
                    from: Some(from),
                    to,
                    replica: Some(replica),
                    reason,
                })
            }
            Subject::Channels(..) => Err("segments in an answer to assign_channels".to_owned()),
        }
    }

    fn channel(&self, one: &ChannelMove) -> Result<ChannelPlan, String> {
        let (name, reason) = (&one.channel, reason(one.reason.as_ref()));
        let is_it = |channel: ChannelIndex| self.ask.facts.channel_name(channel) == name;
        match self.subject {
            Subject::Channels(_, channels, nodes, _) => {
                let asked = channels.iter().find(|asked| is_it(asked.channel));
                let asked = asked.ok_or_else(|| format!("channel {name} was not asked about"))?;
                self.check_from(one.from.as_ref(), asked.node)?;
                Ok(asked.plan(self.node(&one.to, nodes)?, reason))
            }
            Subject::Replica(replica) => {
                let from = self.source(one.from.as_ref(), replica, &format!("channel {name}"))?;
                let members = self.ask.view.replica(replica);
                let mut copies = self.ask.view.collection(members.collection).channels(from).iter();
                let copy = copies.find(|copy| is_it(copy.channel)).ok_or_else(|| {
                    format!("channel {name} is not on node {}", self.ask.facts.node_id(from))
                })?;
                let is_streaming = self.ask.view.is_streaming();
                let nodes = if is_streaming { &members.rw_sq_nodes } else { &members.rw_nodes };
                let to = self.destination(&one.to, from, nodes)?;
                Ok(ChannelPlan {
                    channel: copy.channel,
                    from: Some(from),
                    to,
                    replica: Some(replica),
                    reason,
                })
            }
            Subject::Segments(..) => Err("channels in an answer to assign_segments".to_owned()),
        }
    }

    /// One of the candidates.
    fn node(&self, written: &Value, candidates: &[NodeIndex]) -> Result<NodeIndex, String> {
        let id = id(written)?;
        let is_it = |node: &NodeIndex| self.ask.facts.node_id(*node) == id;
        candidates.iter().copied().find(is_it).ok_or_else(|| {
            let ids = candidates.iter().map(|node| self.ask.facts.node_id(*node).to_string());
            format!("node {id} is no candidate; candidates are {}", ids.collect::<Vec<_>>().join(", "))
        })
    }

    /// One of the candidates, and not the source itself.
    fn destination(
        &self,
        written: &Value,
        from: NodeIndex,
        candidates: &[NodeIndex],
    ) -> Result<NodeIndex, String> {
        let to = self.node(written, candidates)?;
        if to == from { Err(format!("a move from node {0} to node {0}", shown(written))) } else { Ok(to) }
    }

    /// The node of the replica that gives.
    fn source(
        &self,
        written: Option<&Value>,
        replica: ReplicaIndex,
        what: &str,
    ) -> Result<NodeIndex, String> {
        let written = written.ok_or_else(|| format!("{what} has no \"from\""))?;
        let id = id(written)?;
        let members = self.ask.view.replica(replica);
        let mut nodes = (0..self.ask.view.nodes().len()).map(NodeIndex::at);
        let node = nodes.find(|node| self.ask.facts.node_id(*node) == id && members.has_any(*node));
        node.ok_or_else(|| format!("node {id} is none of the replica's"))
    }

    /// A `from` that is given all the same must be the one that was asked.
    fn check_from(&self, written: Option<&Value>, asked: Option<NodeIndex>) -> Result<(), String> {
        let Some(written) = written.filter(|written| !written.is_null()) else { return Ok(()) };
        let from = id(written)?;
        let asked = asked.map(|node| self.ask.facts.node_id(node));
        if asked == Some(from) { Ok(()) } else { Err(format!("it was not asked to go from node {from}")) }
    }
}
