//! What a run of a rebuilt recording comes to, in the terms of the recording.

use super::calls::Answer;
use super::recording::Recording;
use super::samples::{Placement, Places};
use crate::runs::{Run, id, ms, try_run, word};
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
    let start = if recording.is_load { Placement::new() } else { recording.start.placement() };
    let copies = recording.start.answered().map(|(_, state)| state.replicas.len()).max().unwrap_or(1);
    let mut places = Places::new(copies, start);
    let mut left = BTreeMap::new();
    for line in &run.events {
        let at_ms = ms(line).saturating_sub(lead_ms);
        match line["event"].as_str() {
            Some("load_done") => places.add(at_ms, id(line, "segment"), id(line, "query_node")),
            Some("release") => places.remove(at_ms, id(line, "segment"), id(line, "query_node")),
            Some("node_down") => {
                let node = id(line, "query_node");
                left.entry(node).or_insert(at_ms);
                places.remove_node(at_ms, node);
            }
            _ => {}
        }
    }
    let end = end(&run);
    Ok(Outcome { end, places, answers: answers(&run), left })
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
