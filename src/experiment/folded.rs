//! A scenario file with the options written into it, so that it stands by itself.

use crate::scenario::Scenario;
use crate::scenario::overrides::Overrides;
use serde_json::{Map, Value};

/// The text of a scenario file with its options in it; `scenario` is what was read with them.
///
/// # Errors
///
/// Says what cannot be written into the file.
pub fn folded(text: &str, overrides: &Overrides, scenario: &Scenario) -> Result<Value, String> {
    let mut file: Value = serde_json::from_str(text).map_err(|error| format!("no plain JSON: {error}"))?;
    if let Some(release) = &overrides.release {
        put(&mut file, "/milvus/version", Value::from(release.as_str()))?;
    }
    if let Some(seed) = overrides.seed {
        put(&mut file, "/seed", Value::from(seed))?;
    }
    for (key, value) in overrides.settings.iter().filter(|(key, _)| key.starts_with('/')) {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value.as_str()));
        put(&mut file, key, value)?;
    }
    for entry in &scenario.config.entries {
        if matches!(entry.origin.text(), "file" | "option") {
            let value: Value = serde_json::from_str(&entry.value.to_json())
                .map_err(|error| format!("{} cannot be written: {error}", entry.key))?;
            put_key(&mut file, entry.key, value)?;
        }
    }
    Ok(file)
}

/// Puts a value where a JSON pointer says; objects on the way are made.
fn put(file: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let mut place = file;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let wrong = || format!("nothing stands at {pointer}");
        place = match place {
            Value::Array(elements) => {
                let position = token.parse::<usize>().map_err(|_| wrong())?;
                elements.get_mut(position).ok_or_else(wrong)?
            }
            Value::Object(members) => members.entry(token).or_insert_with(|| Value::Object(Map::new())),
            _ => return Err(wrong()),
        };
    }
    *place = value;
    Ok(())
}

/// Gives a Milvus key its value, however the file spells it.
fn put_key(file: &mut Value, key: &str, value: Value) -> Result<(), String> {
    let config = file["milvus"].as_object_mut().ok_or("milvus is no object")?;
    let config = config.entry("config").or_insert_with(|| Value::Object(Map::new()));
    let config = config.as_object_mut().ok_or("milvus.config is no object")?;
    config.retain(|name, _| plain(name) != plain(key));
    config.insert(key.to_owned(), value);
    Ok(())
}

/// Letter case and separators of a key do not count.
fn plain(key: &str) -> String {
    key.chars().filter(|letter| !matches!(letter, '.' | '_' | '/')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn the_folded_file_alone_is_the_file_with_its_options() {
        let text = r#"{ "version": 1, "name": "n", "milvus": { "version": "2.1",
            "config": { "querycoord.balanceintervalseconds": 30 } }, "duration": "5m", "query_nodes": [],
            "collections": [] }"#;
        let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let overrides = Overrides {
            release: Some("2.0.2".to_owned()),
            settings: vec![
                setting("queryCoord.balanceIntervalSeconds", "20"),
                setting("/duration", "7m"),
                setting("/hardware/load_bandwidth", "1MiB/s"),
            ],
            seed: Some(u64::MAX),
            ..Overrides::default()
        };
        let read = |text: &str, overrides: &Overrides| {
            scenario::parse(text, "", overrides).unwrap_or_else(|faults| panic!("{}", faults[0]))
        };
        let with = read(text, &overrides);
        let file = folded(text, &overrides, &with).expect("it can be written");
        let alone = read(&file.to_string(), &Overrides::default());
        let values = |scenario: &Scenario| {
            let entries = scenario.config.entries.iter();
            entries.map(|entry| (entry.key, entry.value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(values(&alone), values(&with));
        assert_eq!((alone.release, alone.seed, alone.duration), (with.release, with.seed, with.duration));
        assert_eq!(alone.hardware, with.hardware);
    }
}
