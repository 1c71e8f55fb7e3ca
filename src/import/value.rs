//! Fields of a dump: 64-bit numbers from text or JSON, never through a double.

use super::error::ImportError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values longer than this are cut in messages.
const SHOWN_AT_MOST: usize = 40;

/// Where in which source something stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) at: String,
}

impl Place {
    fn bad(&self, field: &str, value: &str, problem: &'static str) -> ImportError {
        let mut shown: String = value.chars().take(SHOWN_AT_MOST).collect();
        if shown.len() < value.len() {
            shown.push_str("...");
        }
        ImportError::BadNumber {
            file: self.file.clone(),
            at: self.at.clone(),
            field: field.to_string(),
            value: shown,
            problem,
        }
    }
}

/// Letter case and underscores removed, so that `memSize`, `mem_size` and `MemSize` are one key.
pub(super) fn plain_key(key: &str) -> String {
    key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// A JSON object by its plain keys.
pub(super) struct Fields<'a> {
    by_key: BTreeMap<String, (&'a str, &'a Value)>,
    place: &'a Place,
}

impl<'a> Fields<'a> {
    pub(super) fn of(object: &'a Map<String, Value>, place: &'a Place) -> Fields<'a> {
        let by_key = object.iter().map(|(key, value)| (plain_key(key), (key.as_str(), value))).collect();
        Fields { by_key, place }
    }

    /// The first of these plain keys that is present and not null.
    pub(super) fn get(&self, keys: &[&str]) -> Option<(&'a str, &'a Value)> {
        keys.iter().filter_map(|key| self.by_key.get(*key)).find(|(_, value)| !value.is_null()).copied()
    }

    /// An id; 0 and -1, Milvus's words for none, are none.
    pub(super) fn id(&self, keys: &[&str]) -> Result<Option<u64>, ImportError> {
        let Some((key, value)) = self.get(keys) else { return Ok(None) };
        self.one_id(key, value)
    }

    fn one_id(&self, key: &str, value: &Value) -> Result<Option<u64>, ImportError> {
        let text = scalar(value).ok_or_else(|| {
            self.place.bad(key, &value.to_string(), "expected an id: a whole number or a string of digits")
        })?;
        match parse_id(&text) {
            Ok(0) => Ok(None),
            Ok(id) => Ok(Some(id)),
            Err(problem) => Err(self.place.bad(key, &text, problem)),
        }
    }

    /// A list of ids; a single id is a list of one.
    pub(super) fn ids(&self, keys: &[&str]) -> Result<Vec<u64>, ImportError> {
        let Some((key, value)) = self.get(keys) else { return Ok(Vec::new()) };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut ids = Vec::new();
        for item in items {
            ids.extend(self.one_id(key, item)?);
        }
        Ok(ids)
    }

    /// A count of rows, bytes or cores.
    pub(super) fn amount(&self, keys: &[&str]) -> Result<Option<u64>, ImportError> {
        let Some((key, value)) = self.get(keys) else { return Ok(None) };
        let problem = "expected a whole number that is not negative";
        let Some(text) = scalar(value) else { return Err(self.place.bad(key, &value.to_string(), problem)) };
        // 12.0 is what a table tool makes of 12.
        let whole = text.split_once('.').filter(|(_, rest)| rest.chars().all(|c| c == '0'));
        let digits = whole.map_or(text.as_str(), |(whole, _)| whole);
        digits.parse::<u64>().map(Some).map_err(|_| self.place.bad(key, &text, problem))
    }

    /// A text; numbers as they are written.
    pub(super) fn text(&self, keys: &[&str]) -> Option<String> {
        self.get(keys).and_then(|(_, value)| scalar(value))
    }

    pub(super) fn is_true(&self, keys: &[&str]) -> bool {
        self.text(keys).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The JSON object under a key.
    pub(super) fn object(&self, keys: &[&str]) -> Option<&'a Map<String, Value>> {
        self.get(keys).and_then(|(_, value)| value.as_object())
    }

    /// The JSON list under a key, or nothing.
    pub(super) fn list(&self, keys: &[&str]) -> &'a [Value] {
        self.get(keys).and_then(|(_, value)| value.as_array()).map_or(&[], Vec::as_slice)
    }
}

/// Numbers keep the digits they were written with; nothing is computed.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A Milvus id: an int64 that is not negative; -1 is read as 0, which is none.
pub(super) fn parse_id(text: &str) -> Result<u64, &'static str> {
    let text = text.trim();
    if text == "-1" {
        return Ok(0);
    }
    match text.parse::<i64>() {
        Ok(id) if id >= 0 => Ok(id as u64),
        Ok(_) => Err("ids are not negative"),
        Err(_) if text.contains(['.', 'e', 'E']) && text.starts_with(|c: char| c.is_ascii_digit()) => {
            Err("the id went through a floating point number and is no longer exact; capture it as text")
        }
        Err(_) => Err("expected an id: a whole number of 64 bits"),
    }
}

/// An id as it stands in a scenario: a string where a reader with doubles would round it.
pub(super) fn id_value(id: u64) -> Value {
    const EXACT_IN_A_DOUBLE: u64 = 1 << 53;
    if id > EXACT_IN_A_DOUBLE { Value::from(id.to_string()) } else { Value::from(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_exact_or_an_error() {
        assert_eq!(parse_id("460123456789012345"), Ok(460_123_456_789_012_345));
        assert_eq!(parse_id("-1"), Ok(0));
        assert!(parse_id("4.601e17").is_err_and(|problem| problem.contains("floating point")));
        assert!(parse_id("9223372036854775808").is_err());
        assert!(parse_id("").is_err());
    }

    #[test]
    fn keys_are_read_in_every_spelling() {
        let place = Place { file: "f".into(), at: "line 1".into() };
        for text in [r#"{"memSize":"7"}"#, r#"{"mem_size":7}"#, r#"{"MemSize":7.0}"#] {
            let object: Map<String, Value> = serde_json::from_str(text).expect("valid");
            assert_eq!(Fields::of(&object, &place).amount(&["memsize"]), Ok(Some(7)));
        }
    }
}
