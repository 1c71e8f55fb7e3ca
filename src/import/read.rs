//! One source, read: JSON, Python or printed text taken apart and each part given to the reader of its form.

use super::error::ImportError;
use super::note::{NoteKind, Subject};
use super::request::Source;
use super::snapshot::Snapshot;
use super::sniff::{self, JsonForm};
use super::value::{Place, plain_key};
use super::{metrics_info, pymilvus_json, pymilvus_text, python_literal, replicas};
use serde_json::{Map, Value};

/// An answer wrapped as text in an answer wrapped as text is more than any tool makes.
const WRAPPED_AT_MOST: usize = 4;

/// Keys under which a capture script may state the release.
const RELEASE_KEYS: [&str; 4] = ["milvus", "milvusversion", "buildversion", "serverversion"];

pub(super) fn source(source: &Source, snapshot: &mut Snapshot) -> Result<(), ImportError> {
    let mut reader = Reader { file: &source.name, snapshot, recognised: 0 };
    reader.snapshot.begin_listing();
    let text = source.text.trim_start_matches('\u{feff}');
    let known = reader.text(text, "", 0)?;
    if known && reader.recognised > 0 {
        return Ok(());
    }
    if matches!(text.trim(), "[]" | "{}") {
        reader.snapshot.findings.add(NoteKind::Gap, "a source is an empty list", Subject::Whole);
        return Ok(());
    }
    Err(ImportError::UnknownForm { file: source.name.clone() })
}

struct Reader<'a> {
    file: &'a str,
    snapshot: &'a mut Snapshot,
    /// How many parts had a known form.
    recognised: usize,
}

impl Reader<'_> {
    /// Reads a text of any form; false when it is of none.
    fn text(&mut self, text: &str, path: &str, depth: usize) -> Result<bool, ImportError> {
        let forms = sniff::text_forms(text);
        let parsed = json_values(text);
        if let Ok(values) = &parsed {
            for value in values {
                self.json(value, path, None, depth)?;
            }
            return Ok(true);
        }
        let python = python_literal::to_json(text).and_then(|json| json_values(&json).ok());
        if let Some(values) = python {
            for value in &values {
                self.json(value, path, None, depth)?;
            }
            return Ok(true);
        }
        if forms.segments {
            self.recognised += pymilvus_text::read(text, self.file, self.snapshot)?;
        }
        if forms.replicas {
            self.recognised += replicas::read_text(text, self.file, self.snapshot)?;
        }
        if forms.segments || forms.replicas {
            if text.contains("hardware_infos") {
                let words = "a system_info answer stands in one text with printed lists and was not read; \
                             give it as a file of its own";
                self.snapshot.findings.add(NoteKind::Skipped, words, Subject::Whole);
            }
            return Ok(true);
        }
        match parsed {
            Err(error) if text.trim_start().starts_with(['{', '[']) => Err(self.broken(&error)),
            _ => Ok(false),
        }
    }

    fn broken(&self, error: &serde_json::Error) -> ImportError {
        let full = error.to_string();
        // The position is told apart, in the way of all our messages.
        let problem = full.split(" at line ").next().unwrap_or("unreadable").to_string();
        ImportError::BrokenJson {
            file: self.file.to_string(),
            line: error.line(),
            column: error.column(),
            problem,
        }
    }

    fn json(
        &mut self,
        value: &Value,
        path: &str,
        collection_name: Option<&str>,
        depth: usize,
    ) -> Result<(), ImportError> {
        match value {
            Value::Object(object) => self.object(object, path, collection_name, depth),
            Value::Array(items) => {
                if items.iter().any(Value::is_object) {
                    self.snapshot.begin_listing();
                }
                for (i, item) in items.iter().enumerate() {
                    if matches!(item, Value::Object(_) | Value::Array(_) | Value::String(_)) {
                        self.json(item, &format!("{path}/{i}"), collection_name, depth)?;
                    }
                }
                Ok(())
            }
            Value::String(text) if depth < WRAPPED_AT_MOST && sniff::is_wrapped_answer(text) => {
                self.text(text, path, depth + 1).map(|_| ())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn object(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        collection_name: Option<&str>,
        depth: usize,
    ) -> Result<(), ImportError> {
        let at = if path.is_empty() { "the top".to_string() } else { path.to_string() };
        let place = Place { file: self.file.to_string(), at };
        match sniff::json_form(object) {
            JsonForm::Segment => pymilvus_json::read(object, &place, collection_name, self.snapshot)?,
            JsonForm::Replica => replicas::read_json(object, &place, collection_name, self.snapshot)?,
            JsonForm::Component => metrics_info::read(object, &place, self.snapshot)?,
            JsonForm::Container => return self.container(object, path, collection_name, depth),
        }
        self.recognised += 1;
        Ok(())
    }

    fn container(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        collection_name: Option<&str>,
        depth: usize,
    ) -> Result<(), ImportError> {
        let own_name = object.get("collection_name").and_then(Value::as_str);
        let collection_name = own_name.or(collection_name);
        for (key, value) in object {
            let plain = plain_key(key);
            let path = format!("{path}/{key}");
            match value {
                Value::String(text) if RELEASE_KEYS.contains(&plain.as_str()) => {
                    metrics_info::state_release(text, self.snapshot);
                }
                // A capture of several collections, by name.
                Value::Object(named) if plain == "collections" => {
                    for (name, part) in named {
                        self.json(part, &format!("{path}/{name}"), Some(name), depth)?;
                    }
                }
                _ => self.json(value, &path, collection_name, depth)?,
            }
        }
        Ok(())
    }
}

/// The JSON values of a text: one, or one after the other (a line each).
fn json_values(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let values: Vec<Value> =
        serde_json::Deserializer::from_str(text).into_iter::<Value>().collect::<Result<_, _>>()?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Snapshot, ImportError> {
        let mut snapshot = Snapshot::default();
        source(&Source { name: "f".into(), text: text.into() }, &mut snapshot).map(|()| snapshot)
    }

    #[test]
    fn json_lines_python_and_wrapped_answers_are_all_read() {
        for text in [
            "{\"segmentID\":1,\"nodeID\":2}\n{\"segmentID\":\"3\",\"nodeIds\":[\"2\"]}",
            "segments = [{'segmentID': 1, 'nodeID': 2}, {'segmentID': 3, 'nodeIds': (2,)}]",
            r#"{"response":"[{\"segmentID\":1,\"nodeID\":2},{\"segmentID\":3,\"nodeIds\":[2]}]"}"#,
            "2022 INFO [segmentID: 1\nnodeID: 2\n, segmentID: 3\nnodeIds: 2\n]",
        ] {
            let snapshot = read(text).expect(text);
            assert_eq!(snapshot.segments.len(), 2, "{text}");
            assert!(snapshot.segments.values().all(|segment| segment.nodes == [2].into()), "{text}");
        }
    }

    #[test]
    fn what_is_no_known_form_says_so() {
        assert!(matches!(read("hello"), Err(ImportError::UnknownForm { .. })));
        assert!(matches!(read(""), Err(ImportError::UnknownForm { .. })));
        assert!(matches!(read("{\"a\": 1}"), Err(ImportError::UnknownForm { .. })));
        assert!(matches!(read("{\"a\": "), Err(ImportError::BrokenJson { line: 1, .. })));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        for open in ["[", "{\"a\":", "(", "{'a':", "A("] {
            assert!(read(&open.repeat(200_000)).is_err(), "{open}");
        }
    }
}
