//! The `expect` list: what the author claims, checked as far as the file tells.

use super::expectation::{Bound, Claim, Expectation, NodeCondition, When};
use super::faults::Faults;
use super::json::Node;
use super::known_keys;
use super::metric_path::{self, Scopes};
use super::object::Object;
use super::roster::Roster;
use super::values::{boolean, id, list, number, text, time, word};
use super::{CollectionSpec, Segments};
use crate::units::SimTime;

/// What claims refer to.
pub(super) struct Subjects<'s> {
    pub(super) roster: &'s Roster,
    pub(super) scopes: Scopes<'s>,
    /// Whose segments there are; `None` when others can come, or some could not be read.
    pub(super) collections: Option<&'s [CollectionSpec]>,
}

/// Reads `expect`, in file order.
pub(super) fn read(node: Option<&Node>, subjects: &Subjects, faults: &mut Faults) -> Vec<Expectation> {
    let elements = node.and_then(|node| list(node, faults)).unwrap_or(&[]);
    elements.iter().filter_map(|element| expectation(element, subjects, faults)).collect()
}

const SUBJECTS: &[(&str, &[&str])] = &[
    ("metric", &["at_most", "at_least", "equals", "during"]),
    ("query_node", &["is", "at", "by", "during"]),
    ("segment", &["on", "at", "by"]),
    ("settled", &["by"]),
];

fn expectation(node: &Node, subjects: &Subjects, faults: &mut Faults) -> Option<Expectation> {
    let object = Object::read(node, known_keys::EXPECTATION, faults)?;
    let mut found = SUBJECTS.iter().filter(|(subject, _)| object.get(subject).is_some());
    let (Some((subject, companions)), None) = (found.next(), found.next()) else {
        let remedy = "write one of \"metric\", \"query_node\", \"segment\", \"settled\"";
        faults.add(node.at, "an expectation is about exactly one thing", remedy);
        return None;
    };
    for member in object.members() {
        let known = known_keys::EXPECTATION.contains(&&*member.name);
        if known && member.name != *subject && !companions.contains(&&*member.name) {
            let fault = format!("\"{}\" does not go with \"{subject}\"", member.name);
            faults.add(member.at, fault, format!("with \"{subject}\" go {}", companions.join(", ")));
        }
    }
    let claim = match *subject {
        "metric" => metric(&object, subjects, faults),
        "query_node" => query_node(&object, subjects, faults),
        "segment" => segment(&object, subjects, faults),
        _ => settled(&object, faults),
    };
    Some(Expectation { text: node.to_compact(), claim: claim? })
}

fn metric(object: &Object, subjects: &Subjects, faults: &mut Faults) -> Option<Claim> {
    let node = object.get("metric")?;
    let during = object.get("during").map(|node| interval(node, faults));
    let path = path(node, during.is_some(), subjects, faults);
    let bound = bound(object, faults);
    let during = match during {
        Some(during) => Some(during?),
        None => None,
    };
    Some(Claim::Metric { path: path?, bound: bound?, during })
}

fn path(node: &Node, during: bool, subjects: &Subjects, faults: &mut Faults) -> Option<Vec<String>> {
    let path = text(node, faults)?;
    let parts = match metric_path::split(path) {
        Ok(parts) => parts,
        Err(fault) => {
            faults.add(node.at, fault, "write a dotted path such as skew.end.max_difference");
            return None;
        }
    };
    if let Some((fault, remedy)) = metric_path::check(&parts, during, &subjects.scopes) {
        faults.add(node.at, fault, remedy);
    }
    Some(parts)
}

fn bound(object: &Object, faults: &mut Faults) -> Option<Bound> {
    let mut bound = |key| object.get(key).map(|node| (node.at, number(node, faults)));
    let at_most = bound("at_most");
    let at_least = bound("at_least");
    let equals = bound("equals");
    match (at_most, at_least, equals) {
        (Some((_, number)), None, None) => number.map(Bound::AtMost),
        (None, Some((_, number)), None) => number.map(Bound::AtLeast),
        (None, None, Some((_, number))) => number.map(Bound::Equals),
        _ => {
            let remedy = "write one of \"at_most\", \"at_least\", \"equals\"";
            faults.add(object.node.at, "a figure has exactly one bound", remedy);
            None
        }
    }
}

fn interval(node: &Node, faults: &mut Faults) -> Option<(SimTime, SimTime)> {
    let [from, to] = list(node, faults)? else {
        faults.add(node.at, "an interval has two ends", "write [\"15m\", \"20m\"]");
        return None;
    };
    let (from, to) = (time(from, faults), time(to, faults));
    let (from, to) = (from?, to?);
    if from > to {
        faults.add(node.at, format!("the interval goes from {from} to {to}"), "write the earlier end first");
    }
    Some((from, to))
}

fn query_node(object: &Object, subjects: &Subjects, faults: &mut Faults) -> Option<Claim> {
    let words = [
        ("empty", NodeCondition::Empty),
        ("up", NodeCondition::Up),
        ("down", NodeCondition::Down),
        ("stopping", NodeCondition::Stopping),
    ];
    let id = object.read_with("query_node", faults, |node, faults| subjects.roster.known(node, faults));
    let is = object.require_with("is", faults, |node, faults| word(node, &words, faults));
    let when = match object.get("during") {
        None => moment(object, &["at", "by"], faults).map(When::At),
        Some(node) => {
            for key in ["at", "by"] {
                if let Some(other) = object.get(key) {
                    let fault = format!("\"{key}\" beside \"during\" leaves open when it is to hold");
                    faults.add(other.at, fault, "keep one of them");
                }
            }
            interval(node, faults).map(|(from, to)| When::During(from, to))
        }
    };
    Some(Claim::QueryNode { id: id?, is: is?, when: when? })
}

fn segment(object: &Object, subjects: &Subjects, faults: &mut Faults) -> Option<Claim> {
    let id = object.read_with("segment", faults, id);
    if let (Some(id), Some(collections), Some(node)) = (id, subjects.collections, object.get("segment"))
        && !collections.iter().any(|collection| has_segment(collection, id))
    {
        faults.add(node.at, format!("there is no segment {id}"), "name a segment of a collection");
    }
    let on = object.require_with("on", faults, |node, faults| {
        let nodes: Vec<Option<i64>> =
            list(node, faults)?.iter().map(|node| subjects.roster.known(node, faults)).collect();
        nodes.into_iter().collect::<Option<Vec<i64>>>()
    });
    let at = moment(object, &["at", "by"], faults);
    let mut on = on?;
    on.sort_unstable();
    on.dedup();
    Some(Claim::Segment { id: id?, on, at: at? })
}

fn has_segment(collection: &CollectionSpec, id: i64) -> bool {
    match &collection.segments {
        Segments::Listed(segments) => segments.binary_search_by_key(&id, |segment| segment.id).is_ok(),
        Segments::Generated { ids, .. } => ids.find(id).is_some(),
    }
}

fn settled(object: &Object, faults: &mut Faults) -> Option<Claim> {
    if let Some(node) = object.get("settled")
        && boolean(node, faults) == Some(false)
    {
        faults.add(node.at, "only rest can be expected", "write \"settled\": true");
    }
    moment(object, &["by"], faults).map(|by| Claim::Settled { by })
}

/// The time under the one of `keys` that is there; `at` and `by` mean the same.
fn moment(object: &Object, keys: &[&str], faults: &mut Faults) -> Option<SimTime> {
    let mut found = keys.iter().filter_map(|key| object.get(key));
    let (Some(node), None) = (found.next(), found.next()) else {
        let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        let fault = "the expectation has no single time";
        faults.add(object.node.at, fault, format!("write {}", keys.join(" or ")));
        return None;
    };
    time(node, faults)
}
