//! A scenario with a failing expectation cut down to a small one that still fails it.
//!
//! Delta debugging over the JSON: whole lists first, then halves of them, then single elements; then counts,
//! the duration, and every member that may be left out; again and again until nothing more can be cut. A cut is
//! kept when the file is still valid and its run still fails for the same reason ([`super::failing::Failing`]).
//! Nothing is drawn: the same scenario gives the same result.

use serde_json::{Map, Value};

/// Whoever says whether a scenario still fails.
pub trait Oracle {
    /// Whether it is valid, and fails as the first one did.
    fn fails(&mut self, scenario: &Value) -> bool;
}

/// What is left after cutting.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrunk {
    /// The scenario.
    pub scenario: Value,
    /// Scenarios tried.
    pub tried: u64,
    /// Whether nothing more could be cut; else the number of tries was used up.
    pub is_minimal: bool,
}

/// Lists of which elements may go, by JSON pointer; `*` = every element.
const LISTS: &[&str] = &[
    "/expect",
    "/timeline",
    "/workload/insert",
    "/workload/search",
    "/collections",
    "/query_nodes",
    "/collections/*/segments",
    "/collections/*/replicas",
    "/collections/*/partitions",
    "/streaming_nodes",
    "/resource_groups",
];
/// Names of whole numbers that may be smaller.
const NUMBERS: &[&str] = &["count", "shards", "replicas", "rows", "constant", "rows_per_second"];
/// Members that stay: without them it is no scenario, or no longer this one.
const KEPT: &[&str] = &["version", "name", "story", "milvus", "duration", "query_nodes", "collections"];
/// A number is halved at most so often in one go.
const HALVINGS_MAX: u32 = 24;

/// Cuts `scenario`, trying at most `tries_max` others.
pub fn shrink(scenario: Value, oracle: &mut dyn Oracle, tries_max: u64) -> Shrunk {
    let mut cutter = Cutter { current: scenario, oracle, tried: 0, tries_max };
    loop {
        let before = cutter.current.clone();
        for pattern in LISTS {
            for pointer in pointers(&cutter.current, pattern) {
                cutter.cut_list(&pointer);
            }
        }
        cutter.cut_duration();
        cutter.cut_numbers();
        cutter.cut_members();
        let is_over = cutter.tried >= cutter.tries_max;
        if is_over || cutter.current == before {
            return Shrunk { scenario: cutter.current, tried: cutter.tried, is_minimal: !is_over };
        }
    }
}

struct Cutter<'a> {
    current: Value,
    oracle: &'a mut dyn Oracle,
    tried: u64,
    tries_max: u64,
}

impl Cutter<'_> {
    /// Takes a candidate when it still fails.
    fn attempt(&mut self, candidate: Value) -> bool {
        if self.tried >= self.tries_max || candidate == self.current {
            return false;
        }
        self.tried += 1;
        let fails = self.oracle.fails(&candidate);
        if fails {
            self.current = candidate;
        }
        fails
    }

    /// The current scenario with another value at `pointer`.
    fn with(&self, pointer: &str, value: Value) -> Value {
        let mut candidate = self.current.clone();
        if let Some(place) = candidate.pointer_mut(pointer) {
            *place = value;
        }
        candidate
    }

    /// Takes out runs of elements, first all, then shorter and shorter ones.
    fn cut_list(&mut self, pointer: &str) {
        let length =
            |cutter: &Self| cutter.current.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        let mut chunk = length(self);
        while chunk > 0 {
            let mut from = 0;
            while from < length(self) {
                let Some(elements) = self.current.pointer(pointer).and_then(Value::as_array) else { return };
                let to = (from + chunk).min(elements.len());
                let rest = elements[..from].iter().chain(&elements[to..]).cloned().collect();
                if !self.attempt(self.with(pointer, Value::Array(rest))) {
                    from = to;
                }
            }
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
    }

    /// A shorter run, to the second.
    fn cut_duration(&mut self) {
        let Some(seconds) = self.current.get("duration").and_then(seconds) else { return };
        self.cut_number("/duration", seconds, |seconds| Value::from(format!("{seconds}s")));
    }

    /// Smaller counts, wherever they stand.
    fn cut_numbers(&mut self) {
        let mut found = Vec::new();
        walk(&self.current, "", &mut |pointer, name, value| {
            if NUMBERS.contains(&name)
                && let Some(number) = value.as_u64()
            {
                found.push((pointer.to_owned(), number));
            }
        });
        for (pointer, number) in found {
            self.cut_number(&pointer, number, Value::from);
        }
    }

    /// The least number that still fails, as far as halving finds it.
    fn cut_number(&mut self, pointer: &str, number: u64, write: impl Fn(u64) -> Value) {
        let (mut least, mut works) = (1, number);
        if works <= least || self.attempt(self.with(pointer, write(least))) {
            return;
        }
        for _ in 0..HALVINGS_MAX {
            let middle = least + (works - least) / 2;
            if middle == least {
                return;
            }
            if self.attempt(self.with(pointer, write(middle))) {
                works = middle;
            } else {
                least = middle;
            }
        }
    }

    /// Leaves out every member that may be left out, the outermost first.
    fn cut_members(&mut self) {
        let mut found = Vec::new();
        walk(&self.current, "", &mut |pointer, name, _| {
            let is_kept = KEPT.contains(&name) && pointer.matches('/').count() == 1;
            let is_expected = pointer.starts_with("/expect");
            if !is_kept && !is_expected && !name.is_empty() {
                found.push(pointer.to_owned());
            }
        });
        for pointer in found {
            let mut candidate = self.current.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
            let members = candidate.pointer_mut(parent).and_then(Value::as_object_mut);
            // With what held it, it has gone already.
            if members.is_some_and(|members| remove(members, name)) {
                self.attempt(candidate);
            }
        }
    }
}

fn remove(members: &mut Map<String, Value>, escaped: &str) -> bool {
    members.shift_remove(&escaped.replace("~1", "/").replace("~0", "~")).is_some()
}

/// Every pointer that a pattern stands for.
fn pointers(value: &Value, pattern: &str) -> Vec<String> {
    match pattern.split_once("/*") {
        None => vec![pattern.to_owned()],
        Some((list, rest)) => {
            let count = value.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
            (0..count).map(|place| format!("{list}/{place}{rest}")).collect()
        }
    }
}

/// Tells every value with its pointer and name; elements of lists have no name.
fn walk(value: &Value, pointer: &str, tell: &mut dyn FnMut(&str, &str, &Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                tell(&pointer, name, member);
                walk(member, &pointer, tell);
            }
        }
        Value::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                walk(element, &format!("{pointer}/{place}"), tell);
            }
        }
        _ => {}
    }
}

/// A length of time as scenarios write it, in whole seconds, rounded up.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => {
            let length = humantime::parse_duration(text).ok()?;
            Some(length.as_secs() + u64::from(length.subsec_nanos() > 0))
        }
        value => value.as_f64().map(|seconds| seconds.ceil() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Fails while all of these are somewhere in it.
    struct Holds(Vec<&'static str>);

    impl Oracle for Holds {
        fn fails(&mut self, scenario: &Value) -> bool {
            let text = scenario.to_string();
            self.0.iter().all(|part| text.contains(part))
        }
    }

    fn scenario() -> Value {
        json!({
            "version": 1, "name": "n", "milvus": { "version": "2.1", "config": { "a": 1, "b": 2 } },
            "duration": "1h", "query_nodes": [ { "id": 1 }, { "id": 2 } ],
            "collections": [ { "name": "x", "segments": [ 11, 12, 13, 14, 15 ] },
                             { "name": "y", "segments": { "count": 1000 } } ],
            "timeline": [ { "at": 1 }, { "at": 2 }, { "at": 3 }, { "at": 4 }, { "at": 5 } ],
        })
    }

    #[test]
    fn what_matters_is_left_and_nothing_else() {
        let mut oracle = Holds(vec!["{\"at\":2}", "{\"at\":5}", "13", "\"b\":2"]);
        let shrunk = shrink(scenario(), &mut oracle, 10_000);
        assert!(shrunk.is_minimal);
        let expected = json!({
            "version": 1, "name": "n", "milvus": { "config": { "b": 2 } }, "duration": "1s", "query_nodes": [],
            "collections": [ { "segments": [13] } ], "timeline": [ { "at": 2 }, { "at": 5 } ],
        });
        assert_eq!(shrunk.scenario, expected);
        assert_eq!(shrink(scenario(), &mut oracle, 10_000), shrunk, "the same every time");
    }

    #[test]
    fn numbers_fall_to_the_least_that_fails() {
        struct AtLeast;
        impl Oracle for AtLeast {
            fn fails(&mut self, scenario: &Value) -> bool {
                let count = scenario["collections"][0]["segments"]["count"].as_u64();
                let seconds = scenario.get("duration").and_then(seconds);
                count.is_some_and(|count| count >= 37) && seconds.is_some_and(|seconds| seconds >= 95)
            }
        }
        let only = json!({ "collections": [ { "segments": { "count": 1000 } } ], "duration": "1h30m" });
        let shrunk = shrink(only, &mut AtLeast, 1_000);
        assert_eq!(
            shrunk.scenario,
            json!({ "collections": [ { "segments": { "count": 37 } } ], "duration": "95s" })
        );
        assert!(shrunk.tried < 60, "{}", shrunk.tried);
    }

    #[test]
    fn the_number_of_tries_is_kept() {
        let mut oracle = Holds(vec!["13"]);
        let shrunk = shrink(scenario(), &mut oracle, 5);
        assert_eq!((shrunk.tried, shrunk.is_minimal), (5, false));
        assert!(shrunk.scenario.to_string().contains("13"));
    }
}
