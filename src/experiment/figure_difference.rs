//! What differs between two summaries: what was run, and what came of it.

use serde_json::Value;

/// A value that two summaries say differently; `null` where one has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its path in `summary.json`.
    pub path: String,
    /// Both values.
    pub values: [Value; 2],
}

/// What differs between two summaries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FigureDifference {
    /// What was asked for: release, balancer, seed, keys, assumptions.
    pub setup: Vec<Row>,
    /// What came of it.
    pub figures: Vec<Row>,
}

/// Parts that say what was asked for.
const SETUP: [&str; 6] = ["scenario", "seed", "milvus", "duration_ms", "config", "assumptions"];
/// Parts that follow from others: how the events differ is told apart, and what is expected is no figure.
const LEFT_OUT: [&str; 5] = ["format", "evenkeel", "digest", "expectations", "samples"];

/// Holds two summaries against each other; the rows are in the order of the first one.
pub fn figure_difference(first: &Value, second: &Value) -> FigureDifference {
    let mut found = FigureDifference::default();
    for part in names(first, second) {
        if LEFT_OUT.contains(&part.as_str()) {
            continue;
        }
        let is_setup = SETUP.contains(&part.as_str());
        let rows = if is_setup { &mut found.setup } else { &mut found.figures };
        compare(&part, &first[&part], &second[&part], rows);
    }
    // Who set a key does not matter as long as its value is the same, and a key that one release lacks is told
    // with its value.
    found.setup.retain(|row| {
        let is_one_sided = row.values.iter().any(Value::is_null);
        let is_aside = row.path.ends_with(".from") || (row.path.ends_with(".inert") && is_one_sided);
        !(row.path.starts_with("config.") && is_aside)
    });
    found
}

/// The names of both, those of the first in its order, then the others.
fn names(first: &Value, second: &Value) -> Vec<String> {
    let of = |value: &Value| -> Vec<String> {
        value.as_object().map_or_else(Vec::new, |object| object.keys().cloned().collect())
    };
    let mut names = of(first);
    let more: Vec<String> = of(second).into_iter().filter(|name| !names.contains(name)).collect();
    names.extend(more);
    names
}

fn compare(path: &str, first: &Value, second: &Value, rows: &mut Vec<Row>) {
    if first == second {
        return;
    }
    if first.is_object() || second.is_object() {
        for name in names(first, second) {
            compare(&format!("{path}.{name}"), &first[&name], &second[&name], rows);
        }
        return;
    }
    if let (Some(left), Some(right)) = (first.as_array(), second.as_array()) {
        for place in 0..left.len().max(right.len()) {
            let at = |list: &[Value]| list.get(place).cloned().unwrap_or_default();
            compare(&format!("{path}.{place}"), &at(left), &at(right), rows);
        }
        return;
    }
    rows.push(Row { path: path.to_owned(), values: [first.clone(), second.clone()] });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn setup_and_figures_are_told_apart() {
        let first = json!({ "format": 1, "seed": 0, "digest": "a", "config": { "k": { "value": 1, "from": "default" } },
                            "moves": { "planned": 3, "bytes": 7 }, "settle": [ { "at_ms": 0, "moves": 3 } ] });
        let second = json!({ "format": 1, "seed": 0, "digest": "b", "config": { "k": { "value": 2, "from": "option" } },
                             "moves": { "planned": 4, "bytes": 7 },
                             "settle": [ { "at_ms": 0, "moves": 3 }, { "at_ms": 9, "moves": 1 } ], "new": 1 });
        let found = figure_difference(&first, &second);
        let paths = |rows: &[Row]| rows.iter().map(|row| row.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&found.setup), ["config.k.value"]);
        assert_eq!(paths(&found.figures), ["moves.planned", "settle.1.at_ms", "settle.1.moves", "new"]);
        assert_eq!(found.figures[0].values, [json!(3), json!(4)]);
        assert_eq!(found.figures[1].values, [Value::Null, json!(9)]);
        assert_eq!(figure_difference(&first, &first), FigureDifference::default());
    }
}
