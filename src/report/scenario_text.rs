//! A scenario as the text of its file, for people to read: what fits a line stands on one.

use serde_json::Value;

/// Letters of a line at most, where a value can be broken.
const WIDTH: usize = 110;

/// The text of the file.
pub fn scenario_text(scenario: &Value) -> String {
    let mut text = String::new();
    write(&mut text, scenario, 0, 0);
    text.push('\n');
    text
}

/// Writes a value whose first letter stands after `used` letters.
fn write(text: &mut String, value: &Value, indent: usize, used: usize) {
    let line = one_line(value);
    // The file itself is never one line.
    if indent > 0 && used + line.len() <= WIDTH {
        text.push_str(&line);
        return;
    }
    let inner = " ".repeat(indent + 2);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (place, (name, member)) in members.iter().enumerate() {
                let name = Value::from(name.as_str()).to_string();
                text.push_str(if place == 0 { "{\n" } else { ",\n" });
                text.push_str(&format!("{inner}{name}: "));
                write(text, member, indent + 2, inner.len() + name.len() + 3);
            }
            text.push_str(&format!("\n{}}}", " ".repeat(indent)));
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (place, element) in elements.iter().enumerate() {
                text.push_str(if place == 0 { "[\n" } else { ",\n" });
                text.push_str(&inner);
                write(text, element, indent + 2, inner.len() + 1);
            }
            text.push_str(&format!("\n{}]", " ".repeat(indent)));
        }
        _ => text.push_str(&line),
    }
}

/// The value on one line, with blanks where people put them.
fn one_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members
                .iter()
                .map(|(name, member)| format!("{}: {}", Value::from(name.as_str()), one_line(member)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            format!("[ {} ]", elements.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_a_line_stands_on_one() {
        let long: Vec<u64> = (1_000_000..1_000_020).collect();
        let scenario = json!({ "a": [], "b": { "c": [1, 2], "d": {} }, "e": [ { "f": "x\"y" } ], "long": { "ids": long } });
        let text = scenario_text(&scenario);
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), scenario);
        assert!(text.starts_with(
            "{\n  \"a\": [],\n  \"b\": { \"c\": [1, 2], \"d\": {} },\n  \"e\": [ { \"f\": \"x\\\"y\" } ],\n"
        ));
        assert!(text.contains("  \"long\": {\n    \"ids\": [\n      1000000,\n"), "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH));
    }
}
