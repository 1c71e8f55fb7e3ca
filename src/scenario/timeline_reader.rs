//! The `timeline`: entries with their times, and what each may expect.

use super::collections::Catalog;
use super::configuration;
use super::faults::Faults;
use super::ground::Ground;
use super::joins::Joins;
use super::json::{Json, Member, Node};
use super::known_keys;
use super::object::Object;
use super::roster::Roster;
use super::timeline::{ExpectedError, TimelineEntry};
use super::values::{boolean, shown, text, time};
use super::verbs;
use super::words::{nearest, quoted};
use crate::coordinator::keys::{Config, Origin};
use crate::units::SimTime;

/// What entries refer to.
pub(super) struct Stage<'s> {
    pub(super) ground: &'s Ground,
    pub(super) roster: &'s Roster,
    pub(super) catalog: &'s Catalog,
    pub(super) joins: &'s Joins,
}

/// The time span of a run: what the file says, and what `--until` makes of it.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// `duration`; `None` when it could not be read.
    pub(super) written: Option<SimTime>,
    /// `--until`.
    pub(super) until: Option<SimTime>,
}

impl Span {
    /// The last moment of the run.
    pub(super) fn end(self) -> SimTime {
        self.until.or(self.written).unwrap_or(SimTime::ZERO)
    }
}

/// Reads the timeline; the entries come out by time, file order at equal times.
pub(super) fn read(
    timeline: &[Node],
    stage: &Stage,
    config: &Config,
    span: Span,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Vec<TimelineEntry> {
    let mut entries = Vec::new();
    for (index, node) in timeline.iter().enumerate() {
        let Some(object) = Object::read_open(node, faults) else { continue };
        let at = object.require_with("at", faults, |node, faults| moment(node, span, faults));
        let verb = verb(&object, faults);
        let Some((verb, member)) = verb else { continue };
        // Without a time of its own the entry is read all the same, for its other faults.
        let at = at.unwrap_or_default();
        let happenings = verbs::read(verb, &member.value, index, stage, faults);
        let expect_error = object.read_with("expect_error", faults, expected_error);
        if expect_error.is_none() {
            warn_of_unknown_collection(verb, at, &member.value, stage, warnings);
        }
        let entry = |happening| TimelineEntry {
            at,
            verb,
            arguments: member.value.to_compact(),
            happening,
            expect_error: expect_error.clone(),
            may_have_no_effect: false,
            note: None,
        };
        let first = entries.len();
        entries.extend(happenings.into_iter().map(entry));
        let idle = object.read_with("may_have_no_effect", faults, boolean).unwrap_or(false);
        let note = object.read_with("note", faults, text);
        for entry in &mut entries[first..] {
            entry.may_have_no_effect = idle;
            entry.note = note.map(str::to_owned);
        }
    }
    entries.sort_by_key(|entry| entry.at);
    check_settings(timeline, stage, config, faults, warnings);
    drop_unreached(&mut entries, span, warnings);
    entries
}

/// A time within the run. `--until` may shorten a run, so the longer of both ends counts.
fn moment(node: &Node, span: Span, faults: &mut Faults) -> Option<SimTime> {
    let at = time(node, faults)?;
    let Some(written) = span.written else { return Some(at) };
    let end = written.max(span.until.unwrap_or(SimTime::ZERO));
    if at > end {
        let fault = format!("{at} is after the end of the run at {end}");
        faults.add(node.at, fault, "write an earlier time or a longer \"duration\"");
    }
    Some(at)
}

/// The one verb of an entry.
fn verb<'n, 't>(object: &Object<'n, 't>, faults: &mut Faults) -> Option<(&'static str, &'n Member<'t>)> {
    let mut found = None;
    let mut unknown = false;
    let verbs = known_keys::VERBS.iter().map(|(verb, _)| *verb);
    for member in object.members() {
        if known_keys::ENTRY.contains(&&*member.name) {
            continue;
        }
        let Some(verb) = verbs.clone().find(|verb| *verb == member.name) else {
            let known = verbs.clone().chain(known_keys::ENTRY.iter().copied());
            let remedy = match nearest(&member.name, known) {
                Some(nearest) => format!("the nearest known is \"{nearest}\""),
                None => "`evenkeel schema` lists all verbs".to_owned(),
            };
            faults.add(member.at, format!("unknown verb {}", quoted(&member.name)), remedy);
            unknown = true;
            continue;
        };
        match found {
            None => found = Some((verb, member)),
            // The same verb again has been reported as a repeated key.
            Some((first, _)) if first == verb => {}
            Some((first, _)) => {
                let fault = format!("the entry has two verbs, {first} and {verb}");
                faults.add(member.at, fault, "write an entry for each");
            }
        }
    }
    if found.is_none() && !unknown {
        faults.add(object.node.at, "the entry has no verb", "say what happens, such as \"stop_query_node\"");
    }
    found
}

fn expected_error(node: &Node, faults: &mut Faults) -> Option<ExpectedError> {
    let object = Object::read(node, known_keys::EXPECT_ERROR, faults)?;
    let contains = object.read_with("contains", faults, text);
    let code = object.read_with("code", faults, |node, faults| {
        let code = match &node.json {
            Json::Number(number) => number.parse::<i32>().ok(),
            _ => None,
        };
        if code.is_none() {
            faults.add(node.at, format!("{} is no error code", shown(node)), "write a 32-bit whole number");
        }
        code
    });
    let whole = object.read_with("text", faults, text);
    let has = |key| object.get(key).is_some();
    match (has("code"), has("text"), has("contains")) {
        (true, true, false) => Some(ExpectedError::Exact { code: code?, text: whole?.to_owned() }),
        (false, false, true) => Some(ExpectedError::Contains(contains?.to_owned())),
        _ => {
            let remedy = "write \"code\" and \"text\", or \"contains\" alone";
            faults.add(node.at, "the expected error is not clear", remedy);
            None
        }
    }
}

/// A command for a collection that the file does not have may be meant to fail, so it is no fault.
fn warn_of_unknown_collection(
    verb: &str,
    at: SimTime,
    arguments: &Node,
    stage: &Stage,
    warnings: &mut Vec<String>,
) {
    let Some(Node { json: Json::Text(name), .. }) = arguments.get("collection_name") else { return };
    if !stage.catalog.has(name) {
        warnings
            .push(format!("{verb} at {at} names {}, which is no collection of the scenario", quoted(name)));
    }
}

/// QueryCoord would panic at its next start with a bad period, so `set_config` is checked like the start; and
/// like there a reader is told what the release makes of a value.
fn check_settings(
    timeline: &[Node],
    stage: &Stage,
    config: &Config,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) {
    let mut unheard = Faults::default();
    let mut changes: Vec<(SimTime, &Node)> = timeline
        .iter()
        .filter_map(|entry| Some((time(entry.get("at")?, &mut unheard)?, entry.get("set_config")?)))
        .collect();
    changes.sort_by_key(|(at, _)| *at);
    let release = stage.ground.release;
    let mut config = config.clone();
    for (at, node) in changes {
        let settings = configuration::settings(node, &mut unheard);
        for (key, value, _) in &settings {
            config.declare(release, key, value.clone(), Origin::Scenario);
            if key.is_read_by(release) {
                configuration::warn_of_value(key, value, release, &format!(" at {at}"), warnings);
            }
        }
        let place = |name: &str| settings.iter().find(|(key, _, _)| key.name == name).map(|(_, _, at)| *at);
        configuration::check_tickers(&config, place, faults);
    }
}

fn drop_unreached(entries: &mut Vec<TimelineEntry>, span: Span, warnings: &mut Vec<String>) {
    let Some(until) = span.until else { return };
    entries.retain(|entry| {
        let reached = entry.at <= until;
        if !reached {
            warnings.push(format!("{} at {} is not reached: the run ends at {until}", entry.verb, entry.at));
        }
        reached
    });
}
