//! What the JSON Schema refuses the reader refuses too, and what the reader takes the schema takes.

use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::scenario::schema::schema;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema()).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The files of a folder below the package that are JSON at all.
fn files(folder: &str) -> Vec<(String, String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if path.extension().is_some_and(|extension| extension == "json")
            && let Ok(value) = serde_json::from_str(&text)
        {
            found.push((path.display().to_string(), text, value));
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

#[test]
fn the_schema_takes_every_scenario_that_the_reader_takes() {
    let validator = validator();
    for (name, text, value) in files("scenarios").into_iter().chain(files("tests/it/valid")) {
        let faults = parse(&text, &name, &Overrides::default()).err().unwrap_or_default();
        assert!(faults.is_empty(), "{}", faults[0]);
        let error = validator.iter_errors(&value).next();
        assert!(error.is_none(), "{name}: {}", error.expect("an error"));
    }
}

#[test]
fn the_schema_refuses_nothing_that_the_reader_takes() {
    let validator = validator();
    let mut refused = 0;
    for (name, text, value) in files("tests/it/invalid") {
        if !validator.is_valid(&value) {
            assert!(parse(&text, &name, &Overrides::default()).is_err(), "{name}");
            refused += 1;
        }
    }
    // Forms and keys are the schema's; what values mean to each other is the reader's alone.
    assert!(refused >= 60, "the schema refuses only {refused} of the broken files");
}
