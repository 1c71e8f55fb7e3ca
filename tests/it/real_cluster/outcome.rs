//! What a run of a rebuilt recording comes to, in the terms of the recording.

use super::calls::Answer;
use super::recording::Recording;
use super::samples::{Placement, Places};
use crate::runs::{Run, id, ms, try_run, word};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An answer to a manual call, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// What the client got.
    pub(crate) answer: Answer,
    /// How long it waited.
    pub(crate) took_ms: u64,
}

/// One run. Times count from where the recording starts.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Where every segment ended.
    pub(crate) end: Placement,
    /// What changed place when.
    pub(crate) places: Places,
    /// Answers to the manual calls, in the order of the calls; `None` = none came.
    pub(crate) answers: Vec<Option<Answered>>,
    /// When query nodes left.
    pub(crate) left: BTreeMap<i64, u64>,
}

/// Runs the text of a scenario whose recording begins after `lead_ms`.
pub(crate) fn simulate(recording: &Recording, text: &str, lead_ms: u64) -> Result<Outcome, String> {
    let run = try_run(text).map_err(|faults| faults.join("; "))?;
    let mut places = Places::new(recording.start.copies(), recording.placement());
    let mut left = BTreeMap::new();
    let mut loads = Loads::of(recording);
    for line in &run.events {
        let at_ms = ms(line).saturating_sub(lead_ms);
        let mut is_hidden = || loads.hide(line);
        match line["event"].as_str() {
            Some("load_done") if !is_hidden() => {
                places.add(at_ms, id(line, "segment"), id(line, "query_node"));
            }
            Some("release") => places.remove(at_ms, id(line, "segment"), id(line, "query_node")),
            Some("node_down") => {
                let node = id(line, "query_node");
                left.entry(node).or_insert(at_ms);
                places.remove_node(at_ms, node);
            }
            Some("command") => loads.begin(line),
            Some("command_result") => {
                for (segment, node) in loads.end(line) {
                    places.add(at_ms, segment, node);
                }
            }
            _ => {}
        }
    }
    let end = end(&run);
    Ok(Outcome { end, places, answers: answers(&run), left })
}

/// Collections that are being loaded: the API shows their segments once the whole collection is there.
struct Loads<'a> {
    recording: &'a Recording,
    hidden: BTreeSet<&'a str>,
    /// Commands under way: number -> collection.
    begun: BTreeMap<u64, String>,
    held: Vec<(i64, i64)>,
}

impl Loads<'_> {
    fn of(recording: &Recording) -> Loads<'_> {
        let hidden = recording.unloaded.iter().map(String::as_str).collect();
        Loads { recording, hidden, begun: BTreeMap::new(), held: Vec::new() }
    }

    fn is_of(&self, name: &str, segment: i64) -> bool {
        let state = self.recording.start.collections.get(name).and_then(Option::as_ref);
        state.is_some_and(|state| state.segments.contains_key(&segment))
    }

    /// Keeps a load to itself whose collection is not shown yet.
    fn hide(&mut self, line: &Value) -> bool {
        let segment = id(line, "segment");
        let is_hidden = self.hidden.iter().any(|name| self.is_of(name, segment));
        if is_hidden {
            self.held.push((segment, id(line, "query_node")));
        }
        is_hidden
    }

    fn begin(&mut self, line: &Value) {
        let name = line["arguments"]["collection_name"].as_str();
        if let Some(name) = name.filter(|_| word(line, "verb") == "load_collection") {
            self.begun.insert(line["seq"].as_u64().unwrap_or_default(), name.to_owned());
        }
    }

    /// What a load that ends well has loaded.
    fn end(&mut self, line: &Value) -> Vec<(i64, i64)> {
        let begun = line["of"].as_u64().and_then(|of| self.begun.remove(&of));
        let Some(name) = begun.filter(|_| word(line, "outcome") == "success") else { return Vec::new() };
        self.hidden.remove(name.as_str());
        let held = std::mem::take(&mut self.held);
        let (shown, held) = held.into_iter().partition(|(segment, _)| self.is_of(&name, *segment));
        self.held = held;
        shown
    }
}

/// Where the segments really are at the end.
fn end(run: &Run) -> Placement {
    let cluster = run.cluster();
    let segments = cluster.segments();
    let mut end = Placement::new();
    for index in segments.indices() {
        let nodes: BTreeSet<i64> = segments.copies().of(index).map(|node| cluster.node(node).id).collect();
        if !nodes.is_empty() {
            end.insert(segments.id(index), nodes);
        }
    }
    end
}

/// The answers in the order of the calls.
fn answers(run: &Run) -> Vec<Option<Answered>> {
    let calls = run.of("command").into_iter().filter(|line| word(line, "verb") == "load_balance");
    let results = run.of("command_result");
    calls
        .map(|call| {
            let result = results.iter().find(|result| result["of"] == call["seq"])?;
            let answer = Answer {
                is_success: word(result, "outcome") == "success",
                code: result["code"].as_i64().unwrap_or_default(),
                text: word(result, "text").to_owned(),
            };
            Some(Answered { answer, took_ms: ms(result) - ms(call) })
        })
        .collect()
}
