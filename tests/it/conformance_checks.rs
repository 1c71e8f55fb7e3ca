//! Whether a result is what a conformance case expects: the checks that its vocabulary names.

use super::conformance_state::{int, ints, list, text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A move as cases write it: `segment` or `channel`, `from` (-1 = nowhere), `to`, `replica` where known.
pub(crate) type Move = Map<String, Value>;

/// Whether every part of `found` is as `expected` says.
pub(crate) fn check(expected: &Value, found: &Value) -> Result<(), String> {
    let parts = expected.as_object().ok_or("no expectation")?;
    for (name, expectation) in parts {
        let result = &found[name.as_str()];
        let verdict = match name.as_str() {
            _ if text(expectation, "check") == "unchecked" => Ok(()),
            "segment_moves" => check_moves(expectation, list(found, name), "segment"),
            "channel_moves" => check_moves(expectation, list(found, name), "channel"),
            "error" => check_refusal(expectation, result),
            "eventually" => eventually(expectation, result),
            "at_least_one_of" => at_least_one_of(expectation, found),
            _ if expectation["check"].is_string() => check_value(expectation, result),
            _ => same(expectation, result),
        };
        verdict.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn at_least_one_of(names: &Value, found: &Value) -> Result<(), String> {
    let names = names.as_array().ok_or("no list of names")?;
    let is_any = names.iter().filter_map(Value::as_str).any(|name| !list(found, name).is_empty());
    is_any.then_some(()).ok_or_else(|| format!("all of {names:?} are empty"))
}

/// Counts of segments by node at the end: numbers, or words such as `exactly 0` and `at least 1`.
fn eventually(expected: &Value, found: &Value) -> Result<(), String> {
    let counts = &found["segments_on_node"];
    let wanted = expected["segments_on_node"].as_object().into_iter().flatten();
    for (node, wanted) in wanted {
        let count = int(counts, node);
        let (word, number) = match wanted.as_str() {
            Some(words) => words.rsplit_once(' ').ok_or_else(|| format!("{words:?} is no count"))?,
            None => ("exactly", &*wanted.to_string()),
        };
        let number: i64 = number.parse().map_err(|_| format!("{number:?} is no number"))?;
        let holds = if word == "at least" { count >= number } else { word == "exactly" && count == number };
        if !holds {
            return Err(format!("node {node} holds {count}, expected {wanted}"));
        }
    }
    let one = &expected["segments_of_collection_on_node"];
    let count = int(counts, &one["node"].to_string());
    if one.is_object() && count < int(one, "count") {
        return Err(format!("{count} segments, expected {expected}"));
    }
    Ok(())
}

/// Whether a step was refused, and how: by a kind that its text or its own kind names.
fn check_refusal(expected: &Value, found: &Value) -> Result<(), String> {
    let is_kind = text(found, "kind") == text(expected, "kind");
    let holds = match text(expected, "check") {
        "any_error" => found.is_object(),
        "error_is" => found.is_object() && is_kind,
        other => return Err(format!("unknown check {other:?}")),
    };
    holds.then_some(()).ok_or_else(|| format!("{found}, expected {expected}"))
}

fn same(expected: &Value, found: &Value) -> Result<(), String> {
    let is_same = match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => expected == found,
        _ => expected == found,
    };
    is_same.then_some(()).ok_or_else(|| format!("{found}, expected {expected}"))
}

/// Whether `entry` has every field of `wanted` with the same value.
fn fits(wanted: &Value, entry: &Move) -> bool {
    wanted.as_object().into_iter().flatten().all(|(key, value)| match key.as_str() {
        "to_in" => value.as_array().is_some_and(|nodes| entry.get("to").is_some_and(|to| nodes.contains(to))),
        "from_in" => {
            value.as_array().is_some_and(|nodes| entry.get("from").is_some_and(|one| nodes.contains(one)))
        }
        "from_is_set" => {
            let is_set = entry.get("from").and_then(Value::as_i64).is_some_and(|from| from != -1);
            *value == is_set
        }
        _ => entry.get(key).unwrap_or(&Value::Null) == value,
    })
}

fn moves(found: &[Value]) -> Vec<Move> {
    found.iter().map(|entry| entry.as_object().expect("a move").clone()).collect()
}

/// Whether the moves are those listed, in any order; a listed move names only some fields.
fn same_set(expected: &[Value], found: &[Move]) -> bool {
    let mut rest: Vec<&Move> = found.iter().collect();
    for wanted in expected {
        let Some(place) = rest.iter().position(|entry| fits(wanted, entry)) else { return false };
        rest.remove(place);
    }
    rest.is_empty()
}

/// The ids that an expectation lists; null where it lists none.
fn ids_of<'a>(expected: &'a Value, kind: &str) -> &'a Value {
    let by_kind = &expected[format!("{kind}s").as_str()];
    if by_kind.is_array() { by_kind } else { &expected["ids"] }
}

fn check_moves(expected: &Value, found: &[Value], kind: &str) -> Result<(), String> {
    let entries = moves(found);
    let listed = list(expected, "moves");
    let has_count = || usize::try_from(int(expected, "count")).is_ok_and(|count| count == entries.len());
    // Nothing is none of them, and of a subset; elsewhere a case says so.
    let lets_none = matches!(text(expected, "check"), "none_of" | "property");
    let may_be_empty = expected["may_be_empty"].as_bool().unwrap_or(lets_none);
    let is_enough = may_be_empty || !entries.is_empty();
    let all_fit = || entries.iter().all(|entry| fits(&expected["where"], entry));
    // Moves, or the ids of what they move.
    let ids = ids_of(expected, kind);
    let by_id = ids.is_array() && !expected["moves"].is_array();
    let moved = json!(entries.iter().map(|entry| &entry[kind]).collect::<Vec<&Value>>());
    let needs = |field: &str| expected.get(field).ok_or_else(|| format!("no {field:?} in {expected}"));
    let holds = match text(expected, "check") {
        "unchecked" => true,
        "empty" | "null" => entries.is_empty(),
        "count" => needs("count").map(|_| has_count())?,
        "set" if by_id => sorted(ids) == sorted(&moved),
        "set" => needs("moves").map(|_| same_set(listed, &entries))?,
        "list" if by_id => *ids == moved,
        "list" => {
            listed.len() == entries.len() && listed.iter().zip(&entries).all(|(one, other)| fits(one, other))
        }
        "count_and_first" => {
            let first = needs("first")?;
            has_count() && entries.first().is_some_and(|one| fits(first, one))
        }
        "count_and_every" => needs("where").map(|_| has_count() && all_fit())?,
        "count_and_targets" => {
            needs("targets").map(|targets| has_count() && same_targets(targets, &entries))?
        }
        "every" => needs("where").map(|_| is_enough && all_fit())?,
        "contains" => {
            let ids = ids.as_array().map_or(&[][..], Vec::as_slice);
            if listed.is_empty() && ids.is_empty() {
                return Err(format!("nothing to look for in {expected}"));
            }
            listed.iter().all(|one| entries.iter().any(|entry| fits(one, entry)))
                && ids.iter().all(|id| entries.iter().any(|entry| entry[kind] == *id))
        }
        "at_least" | "greater_than" => {
            let count = needs(if expected["count"].is_i64() { "count" } else { "value" })?;
            let bound = count.as_u64().ok_or_else(|| format!("{count} is no count"))?;
            let count = entries.len() as u64;
            if text(expected, "check") == "at_least" { count >= bound } else { count > bound }
        }
        "none_of" => {
            let banned = ids.as_array().ok_or("no list of ids")?;
            is_enough && entries.iter().all(|entry| !banned.contains(&entry[kind]))
        }
        "subset" => {
            let allowed = list(expected, "of");
            entries.iter().all(|entry| allowed.iter().any(|one| fits(one, entry)))
        }
        "count_per_target" => has_count() && per_target(&entries) == counts(&expected["per_target"]),
        "ordered_ids" => *ids == moved && all_fit(),
        "set_per_field" => [kind, "from", "to"].iter().all(|field| {
            let bag = |values: Vec<Value>| {
                let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
                texts.sort();
                texts
            };
            let told = |entry: &Move| entry.get(*field).cloned().unwrap_or(Value::Null);
            bag(listed.iter().map(|one| one[*field].clone()).collect())
                == bag(entries.iter().map(told).collect())
        }),
        "property" => is_enough && has_properties(list(expected, "properties"), &entries, kind)?,
        other => return Err(format!("unknown check {other:?}")),
    };
    holds.then_some(()).ok_or_else(|| format!("{}, expected {expected}", json!(entries)))
}

/// Whether the moves use exactly these targets.
fn same_targets(targets: &Value, entries: &[Move]) -> bool {
    let wanted: BTreeSet<String> = targets.as_array().into_iter().flatten().map(Value::to_string).collect();
    wanted == entries.iter().map(|entry| entry["to"].to_string()).collect()
}

/// Whether moves have the properties that a case words.
fn has_properties(properties: &[Value], entries: &[Move], kind: &str) -> Result<bool, String> {
    if properties.is_empty() {
        return Err("no property".to_owned());
    }
    for property in properties {
        let property = property.as_str().unwrap_or_default();
        let holds = if property == format!("no {kind} appears in more than one move") {
            let moved: BTreeSet<String> = entries.iter().map(|entry| entry[kind].to_string()).collect();
            moved.len() == entries.len()
        } else if property == "from differs from to in every move" {
            entries.iter().all(|entry| entry["from"] != entry["to"])
        } else {
            return Err(format!("unknown property {property:?}"));
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn per_target(entries: &[Move]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry["to"].to_string()).or_insert(0) += 1;
    }
    counts
}

fn counts(expected: &Value) -> BTreeMap<String, i64> {
    let counts = expected.as_object().into_iter().flatten();
    counts.filter_map(|(node, count)| Some((node.clone(), count.as_i64()?))).collect()
}

fn check_value(expected: &Value, found: &Value) -> Result<(), String> {
    let number = || found.as_f64().ok_or_else(|| format!("{found} is no number"));
    let wanted = expected["value"].as_f64().unwrap_or(0.0);
    let holds = match text(expected, "check") {
        "unchecked" => true,
        "within" => (number()? - wanted).abs() <= expected["tolerance"].as_f64().unwrap_or(0.0),
        "at_least" => number()? >= wanted,
        "greater_than" => number()? > wanted,
        "empty" | "null" => {
            let entries = found.as_array().or_else(|| found["nodes"].as_array());
            found.is_null() || entries.is_some_and(Vec::is_empty)
        }
        "count" => {
            let entries = found.as_array().or_else(|| found["nodes"].as_array());
            entries.map(Vec::len) == usize::try_from(int(expected, "count")).ok()
        }
        "final_state" => expected["state"] == found["state"],
        "list" if expected["nodes"].is_array() => ints(expected, "nodes") == ints(found, "nodes"),
        "list" => expected["items"] == found["items"],
        "equal" if expected["value"].is_number() => number()? == wanted,
        "set" => sorted(&expected["value"]) == sorted(found),
        "contains" => {
            let found = found.as_array().ok_or_else(|| format!("{found} is no list"))?;
            let value = &expected["value"];
            value
                .as_array()
                .map_or_else(|| found.contains(value), |all| all.iter().all(|one| found.contains(one)))
        }
        "equal" => each(expected, found, |wanted, found| wanted == found)?,
        "each_greater_than" => each(expected, found, |wanted, found| found > wanted)?,
        other => return Err(format!("unknown check {other:?}")),
    };
    holds.then_some(()).ok_or_else(|| format!("{found}, expected {expected}"))
}

/// A list without its order; anything else as it is.
fn sorted(value: &Value) -> Value {
    let Some(entries) = value.as_array() else { return value.clone() };
    let mut entries = entries.clone();
    entries.sort_by_key(Value::to_string);
    Value::Array(entries)
}

/// Whether every number of every table of `expected` is as it should be beside the one of `found`.
fn each(expected: &Value, found: &Value, holds: impl Fn(f64, f64) -> bool + Copy) -> Result<bool, String> {
    match (expected, found) {
        (Value::Object(wanted), _) => {
            for (key, value) in wanted.iter().filter(|(key, _)| *key != "check") {
                if !each(value, &found[key.as_str()], holds)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Number(_), Value::Number(_)) => {
            let (wanted, found) = (expected.as_f64(), found.as_f64());
            Ok(wanted.zip(found).is_some_and(|(wanted, found)| holds(wanted, found)))
        }
        _ => Err(format!("{found} stands where {expected} should be compared")),
    }
}

#[test]
fn checks_can_fail() {
    let moved = json!({ "segment_moves": [{ "segment": 1, "from": 1, "to": 2, "replica": 7 }] });
    let holds = |check: Value| self::check(&json!({ "segment_moves": check }), &moved).is_ok();
    let listed = |to: i64| json!([{ "segment": 1, "from": 1, "to": to }]);
    assert!(holds(json!({ "check": "set", "moves": listed(2) })));
    assert!(!holds(json!({ "check": "set", "moves": listed(3) })));
    assert!(!holds(json!({ "check": "set", "moves": [] })));
    assert!(!holds(json!({ "check": "empty" })));
    assert!(!holds(json!({ "check": "count", "count": 2 })));
    assert!(!holds(json!({ "check": "every", "where": { "to": 1 } })));
    assert!(!holds(json!({ "check": "none_of", "segments": [1] })));
    assert!(!holds(json!({ "check": "subset", "of": listed(3) })));
    assert!(!holds(json!({ "check": "unheard_of" })));
    assert!(!holds(json!({ "check": "set" })));
    assert!(
        holds(json!({ "check": "set", "segments": [1] })) && holds(json!({ "check": "list", "ids": [1] }))
    );
    assert!(!holds(json!({ "check": "set", "ids": [2] })) && !holds(json!({ "check": "list", "ids": [] })));
    assert!(!holds(json!({ "check": "every" })));
    let every =
        |to: i64, count: i64| json!({ "check": "count_and_every", "count": count, "where": { "to": to } });
    assert!(holds(every(2, 1)) && !holds(every(1, 1)) && !holds(every(2, 2)));
    let targets = |nodes: &[i64]| json!({ "check": "count_and_targets", "count": 1, "targets": nodes });
    assert!(holds(targets(&[2])) && !holds(targets(&[2, 3])) && !holds(targets(&[])));
    assert!(holds(json!({ "check": "contains", "segments": [1] })));
    assert!(!holds(json!({ "check": "contains", "segments": [2] })));
    assert!(!holds(json!({ "check": "contains" })));
    assert!(holds(json!({ "check": "at_least", "count": 1 })));
    assert!(!holds(json!({ "check": "greater_than", "count": 1 })));
    assert!(!holds(json!({ "check": "property", "properties": ["is green"] })));
    let refused = json!({ "error": { "text": "no" } });
    let any = json!({ "error": { "check": "any_error" } });
    assert!(self::check(&any, &refused).is_ok() && self::check(&any, &moved).is_err());
    let value = json!({ "cost": 0.5 });
    let costs = |check: Value| self::check(&json!({ "cost": check }), &value).is_ok();
    assert!(costs(json!({ "check": "within", "value": 0.4, "tolerance": 0.2 })));
    assert!(!costs(json!({ "check": "within", "value": 0.4, "tolerance": 0.01 })));
    assert!(!costs(json!({ "check": "greater_than", "value": 0.5 })));
}
