//! What was done to a recorded cluster: the lines of `events.jsonl` as changes.

use super::recording::Unread;
use super::samples::{Sample, milliseconds};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// Query nodes started.
    Start(Vec<i64>),
    /// SIGTERM, or its session marked as stopping.
    Stop(i64),
    /// SIGKILL.
    Kill(i64),
    /// The query coordinator was killed and came back, perhaps with another configuration.
    RestartQueryCoord {
        /// How long it was away.
        down_ms: u64,
        /// A key that it came back with.
        config: Option<(String, Value)>,
    },
    /// A key switched at run time.
    SetConfig(String, Value),
    /// A collection loaded; without a name, all of them.
    Load(Option<String>),
}

/// A change and when it was made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timed {
    /// Milliseconds since the recording began.
    pub(crate) at_ms: u64,
    /// What was done.
    pub(crate) change: Change,
}

/// All that `events.jsonl` tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Events {
    /// The changes, in order.
    pub(crate) changes: Vec<Timed>,
    /// Processes that ended by themselves after SIGTERM: query node, time.
    pub(crate) exits: Vec<(i64, u64)>,
    /// How many manual calls were made.
    pub(crate) calls: usize,
    /// When the cluster was found settled, and when the last change before was seen.
    pub(crate) settled: Vec<(u64, u64)>,
    /// The time of the last line.
    pub(crate) end_ms: u64,
}

/// A line, its processes still by their names.
enum Line {
    Nothing,
    Start(Vec<String>),
    Stop(Vec<String>),
    Kill(Vec<String>),
    KillQueryCoord,
    QueryCoordBack(Option<(String, Value)>),
    SetConfig(String, Value),
    Load(Option<String>),
    Call,
    Settled(u64),
    Exited(String),
}

/// Lines that only say what was seen.
const REMARKS: &[&str] = &[
    "start",
    "end",
    "leader",
    "load_done",
    "killed_node_gone",
    "holds_nothing_any_more",
    "killed_and_session_deleted",
    "sigterm_for_left_node",
];

/// Reads `events.jsonl`. `processes` names the query nodes that dumps show; the others are found in the
/// samples by when they come and go.
pub(crate) fn read(
    text: &str,
    mut processes: BTreeMap<String, i64>,
    samples: &[Sample],
) -> Result<Events, Unread> {
    let mut lines: Vec<(u64, Line)> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| Unread::Broken(format!("events.jsonl:{}: {what}", number + 1));
        let value: Value = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        let at_ms = milliseconds(&value["t"]).ok_or_else(|| wrong("no time"))?;
        if lines.last().is_some_and(|(before_ms, _)| *before_ms > at_ms) {
            return Err(wrong("it is earlier than the line before"));
        }
        if let (Some(process), Some(node)) = (value["proc"].as_str(), value["node"].as_i64()) {
            processes.insert(process.to_owned(), node);
        }
        lines.push((at_ms, classify(&value)?));
    }
    let mut events = Events::default();
    let mut gone_since = None;
    for index in 0..lines.len() {
        let (at_ms, line) = &lines[index];
        events.end_ms = events.end_ms.max(*at_ms);
        let mut change = |change| events.changes.push(Timed { at_ms: *at_ms, change });
        match line {
            Line::Nothing => {}
            Line::Start(names) => {
                let later = lines[index + 1..].iter().filter(|(_, line)| matches!(line, Line::Start(_)));
                let until_ms = later.map(|(at, _)| *at).next().unwrap_or(u64::MAX);
                change(Change::Start(started(names, *at_ms, until_ms, &mut processes, samples)?));
            }
            Line::Stop(names) => {
                for name in names {
                    change(Change::Stop(leaver(name, *at_ms, &mut processes, samples)?));
                }
            }
            Line::Kill(names) => {
                for name in names {
                    change(Change::Kill(leaver(name, *at_ms, &mut processes, samples)?));
                }
            }
            Line::KillQueryCoord => gone_since = Some(*at_ms),
            Line::QueryCoordBack(config) => {
                let since = gone_since.take().unwrap_or(*at_ms);
                let restart = Change::RestartQueryCoord { down_ms: at_ms - since, config: config.clone() };
                events.changes.push(Timed { at_ms: since, change: restart });
            }
            Line::SetConfig(key, value) => change(Change::SetConfig(key.clone(), value.clone())),
            Line::Load(name) => change(Change::Load(name.clone())),
            Line::Call => events.calls += 1,
            Line::Settled(last_ms) => events.settled.push((*at_ms, *last_ms)),
            Line::Exited(name) => {
                let node = leaver(name, *at_ms, &mut processes, samples)?;
                events.exits.push((node, *at_ms));
            }
        }
    }
    if gone_since.is_some() {
        return Err(Unread::Skipped("the query coordinator was killed and never came back".to_owned()));
    }
    Ok(events)
}

fn classify(value: &Value) -> Result<Line, Unread> {
    let event = value["event"].as_str().unwrap_or_default();
    let unknown = || Unread::Skipped(format!("event \"{event}\" is not known"));
    let process = || value["proc"].as_str().filter(|name| name.starts_with("qn")).map(str::to_owned);
    // `qn2`, or several at once: `qn2_3`.
    let nodes_of = |prefix: &str| -> Option<Vec<String>> {
        let numbers = event.strip_prefix(prefix)?.split('_');
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        numbers.map(|number| is_number(number).then(|| format!("qn{number}"))).collect()
    };
    let line = match event {
        remark if REMARKS.contains(&remark) => Line::Nothing,
        "settled" => milliseconds(&value["last_change_t"]).map_or(Line::Nothing, Line::Settled),
        "load_balance" => Line::Call,
        "load" | "load_begin" => Line::Load(value["coll"].as_str().map(str::to_owned)),
        "start_nodes" => {
            let names = value["procs"].as_array().ok_or_else(unknown)?.iter();
            Line::Start(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
        }
        "sigterm" | "session_marked_stopping" => Line::Stop(vec![process().ok_or_else(unknown)?]),
        "kill9" => Line::Kill(vec![process().ok_or_else(unknown)?]),
        "exited" => process().map_or(Line::Nothing, Line::Exited),
        "kill9_querycoord" => Line::KillQueryCoord,
        "querycoord_restarted" => Line::QueryCoordBack(None),
        _ => {
            if let Some(names) = nodes_of("sigterm_qn") {
                Line::Stop(names)
            } else if let Some(names) = nodes_of("kill9_qn") {
                Line::Kill(names)
            } else if let Some(name) = event.strip_suffix("_exited") {
                Line::Exited(name.to_owned())
            } else if let Some(names) = nodes_of("start_qn") {
                Line::Start(names)
            } else if let Some(switch) = event.strip_prefix("querycoord_restarted_with_") {
                Line::QueryCoordBack(Some(switched(switch).ok_or_else(unknown)?))
            } else {
                let switch = event.strip_prefix("etcd_put_").ok_or_else(unknown)?;
                let (key, value) = switched(switch).ok_or_else(unknown)?;
                Line::SetConfig(key, value)
            }
        }
    };
    Ok(line)
}

/// `autoBalance_true` as a key and its value; a key with a dot is whole.
fn switched(words: &str) -> Option<(String, Value)> {
    let (key, value) = words.rsplit_once('_')?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    let key = if key.contains('.') { key.to_owned() } else { format!("queryCoord.{key}") };
    Some((key, value))
}

/// The ids of query nodes that were started: those known by name, and of those that then come into sight the
/// lowest.
fn started(
    names: &[String],
    from_ms: u64,
    until_ms: u64,
    processes: &mut BTreeMap<String, i64>,
    samples: &[Sample],
) -> Result<Vec<i64>, Unread> {
    let before = samples.iter().filter(|sample| sample.at_ms < from_ms);
    let old: BTreeSet<i64> = before.flat_map(Sample::query_nodes).collect();
    let after = samples.iter().filter(|sample| (from_ms..until_ms).contains(&sample.at_ms));
    let taken: BTreeSet<i64> = processes.values().copied().collect();
    let new: BTreeSet<i64> = after.flat_map(Sample::query_nodes).collect();
    let mut new = new.into_iter().filter(|node| !old.contains(node) && !taken.contains(node));
    for name in names {
        if !processes.contains_key(name) {
            let node = new.next();
            let node = node.ok_or_else(|| Unread::Skipped(format!("no dump or sample shows {name}")))?;
            processes.insert(name.clone(), node);
        }
    }
    Ok(names.iter().map(|name| processes[name]).collect())
}

/// The id of a query node that leaves: known by name, or the first that then goes out of sight.
fn leaver(
    name: &str,
    at_ms: u64,
    processes: &mut BTreeMap<String, i64>,
    samples: &[Sample],
) -> Result<i64, Unread> {
    if let Some(node) = processes.get(name) {
        return Ok(*node);
    }
    let before = samples.iter().rfind(|sample| sample.at_ms <= at_ms && sample.is_whole());
    let there = before.or(samples.first()).map(Sample::query_nodes).unwrap_or_default();
    let taken: BTreeSet<i64> = processes.values().copied().collect();
    let after = samples.iter().filter(|sample| sample.at_ms > at_ms && sample.is_whole());
    let node = after.flat_map(|sample| {
        let here = sample.query_nodes();
        there.iter().copied().filter(|node| !here.contains(node) && !taken.contains(node)).collect::<Vec<_>>()
    });
    let node = node.into_iter().next();
    let node =
        node.ok_or_else(|| Unread::Skipped(format!("no dump or sample shows which node {name} is")))?;
    processes.insert(name.to_owned(), node);
    Ok(node)
}

#[test]
fn an_unknown_event_is_named() {
    let text = "{\"t\": 1.5, \"event\": \"flood\"}\n";
    let unread = read(text, BTreeMap::new(), &[]);
    assert_eq!(unread, Err(Unread::Skipped("event \"flood\" is not known".to_owned())));
}

#[test]
fn several_nodes_may_go_at_once() {
    let processes: BTreeMap<String, i64> = [("qn2".to_owned(), 8), ("qn3".to_owned(), 9)].into();
    let events = read("\n{\"t\":1,\"event\":\"sigterm_qn2_3\"}\n", processes.clone(), &[]).expect("known");
    let changes: Vec<&Change> = events.changes.iter().map(|timed| &timed.change).collect();
    assert_eq!(changes, [&Change::Stop(8), &Change::Stop(9)]);
    let set = "{\"t\":1,\"event\":\"etcd_put_queryCoord.balancer_RowCountBasedBalancer\"}";
    let events = read(set, processes.clone(), &[]).expect("known");
    let value = Value::from("RowCountBasedBalancer");
    assert_eq!(events.changes[0].change, Change::SetConfig("queryCoord.balancer".to_owned(), value));
    let unread = read("{\"t\":1,\"event\":\"start_qnodes\"}", processes, &[]);
    assert_eq!(unread, Err(Unread::Skipped("event \"start_qnodes\" is not known".to_owned())));
}

#[test]
fn a_restarted_query_coord_comes_back_with_its_key() {
    let text = "{\"t\":0.001,\"event\":\"kill9_querycoord\"}\n\
        {\"t\":0.053,\"event\":\"querycoord_restarted_with_autoBalance_false\"}\n";
    let events = read(text, BTreeMap::new(), &[]).expect("known events");
    let config = Some(("queryCoord.autoBalance".to_owned(), Value::from(false)));
    let restart = Change::RestartQueryCoord { down_ms: 52, config };
    assert_eq!(events.changes, [Timed { at_ms: 1, change: restart }]);
}
