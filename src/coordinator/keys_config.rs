//! The configuration in force: every key with its value, and who set it.

use super::keys::{self, Key, Value};
use crate::release::Release;

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

    /// The value of `key` (in Milvus's spelling) where the release reads it.
    pub fn read(&self, key: &str) -> Option<&Value> {
        let place = self.entries.binary_search_by_key(&key, |entry| entry.key).ok()?;
        let entry = &self.entries[place];
        (!entry.inert).then_some(&entry.value)
    }

    /// The value that Milvus uses for `key` (in Milvus's spelling) in `release`: that of its older name where
    /// only that is set, and clamped where the release clamps.
    /// `None` when the release does not read the key.
    pub fn in_force(&self, release: Release, key: &str) -> Option<Value> {
        let known = keys::find(key)?;
        let entry = |name: &str| self.entries.iter().find(|entry| entry.key == name);
        let own = entry(known.name).filter(|own| !own.inert)?;
        let older = known.fallback.filter(|_| own.origin == Origin::Default).and_then(entry);
        let entry = older.filter(|older| older.origin != Origin::Default).unwrap_or(own);
        Some(known.clamped(release, entry.value.clone()))
    }

    /// Gives `key` (in Milvus's spelling) another value; a key that is not in force is left alone.
    pub fn set(&mut self, key: &str, value: Value) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            entry.value = value;
            // No default any more, so that no fallback key counts instead.
            entry.origin = entry.origin.max(Origin::Scenario);
        }
    }

    /// The keys that `release` reads, with their defaults.
    pub fn defaults(release: Release) -> Config {
        let entry = |key: &Key| {
            let value = key.default_of(release)?;
            Some(ConfigEntry { key: key.name, value, origin: Origin::Default, inert: false })
        };
        let mut entries: Vec<_> =
            keys::all().filter(|key| key.is_read_by(release)).filter_map(entry).collect();
        entries.sort_by_key(|entry| entry.key);
        Config { entries }
    }

    /// Sets `key` for `release`; an inert key is kept too, marked as such.
    pub fn declare(&mut self, release: Release, key: &'static Key, value: Value, origin: Origin) {
        let entry = ConfigEntry { key: key.name, value, origin, inert: !key.is_read_by(release) };
        match self.entries.binary_search_by_key(&key.name, |entry| entry.key) {
            Ok(found) => self.entries[found] = entry,
            Err(place) => self.entries.insert(place, entry),
        }
    }
}
