//! A line of a kept `events.jsonl`, read back as an event to compare.

use super::first_difference::Told;
use crate::units::SimTime;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

/// Fields that say which line it is, or why, and not what happened.
const NOT_COMPARED: [&str; 4] = ["seq", "of", "reason", "bytes"];

/// Reads a line.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn told(line: &str) -> Result<Told, String> {
    let mut event: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
    let at = event["t_ms"].as_u64().ok_or("no event: t_ms is no number")?;
    let kind = event["event"].as_str().ok_or("no event: event is no text")?.to_owned();
    let mark = match (kind.as_str(), event.as_object_mut()) {
        ("declined" | "start", _) | (_, None) => None,
        (kind, Some(fields)) => {
            fields.retain(|name, _| !NOT_COMPARED.contains(&name.as_str()));
            match kind {
                "config" => drop(fields.shift_remove("value")),
                "segment_info" => {
                    let rows = fields.get("rows").and_then(Value::as_array).map_or(0, Vec::len);
                    fields.insert("rows".to_owned(), Value::from(rows));
                }
                _ => {}
            }
            Some(xxh3_128(event.to_string().as_bytes()))
        }
    };
    Ok(Told { at: SimTime::from_ms(at), line: line.to_owned(), mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(line: &str) -> Option<u128> {
        told(line).expect("a line").mark
    }

    #[test]
    fn what_happened_counts_and_not_why() {
        let plan = r#"{"t_ms":60000,"seq":9,"event":"plan","move":0,"from":"1","reason":{"left":0.5}}"#;
        assert_eq!(mark(plan), mark(&plan.replace("0.5", "0.6").replace("\"seq\":9", "\"seq\":7")));
        assert_ne!(mark(plan), mark(&plan.replace("60000", "60001")));
        assert_ne!(mark(plan), mark(&plan.replace("\"from\":\"1\"", "\"from\":\"2\"")));
        let config = r#"{"t_ms":1,"seq":9,"event":"config","key":"k","value":1}"#;
        assert_eq!(mark(config), mark(&config.replace("\"value\":1", "\"value\":2")));
        assert_eq!(mark(r#"{"t_ms":1,"seq":9,"event":"declined","replica":"1"}"#), None);
        assert_eq!(told(plan).map(|told| told.at), Ok(SimTime::from_ms(60_000)));
    }

    #[test]
    fn a_line_that_is_no_event_is_told() {
        assert!(told("{").expect_err("broken").starts_with("no JSON"));
        assert_eq!(told("{}"), Err("no event: t_ms is no number".to_owned()));
        assert_eq!(told(r#"{"t_ms":1}"#), Err("no event: event is no text".to_owned()));
    }
}
