//! Milvus's configuration keys: name, type, unit, default and readers per release.

use super::key_table::TABLE;
use crate::release::Release;

/// What Milvus reads a value as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A boolean word of Go: `1`, `t`, `true`, `0`, `f`, `false` and their capitals.
    Bool,
    /// A base-10 integer.
    Int,
    /// A finite decimal number.
    Float,
    /// Any text.
    Text,
}

/// The default that Milvus ships for 2.0 and 2.1 (yaml, which wins over the default in code).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shipped {
    /// A switch.
    Bool(bool),
    /// A number.
    Int(i64),
}

/// A configuration key of some Milvus release.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The dotted key, spelt as Milvus spells it.
    pub name: &'static str,
    /// What its value is read as.
    pub kind: Kind,
    /// Unit of the value: `s`, `ms`, `%`, or nothing.
    pub unit: &'static str,
    /// Releases that read it for balancing or loading, as closed spans.
    pub readers: &'static [(Release, Release)],
    /// Its default in 2.0 and 2.1; `None` when they do not read it.
    pub shipped: Option<Shipped>,
}

impl Key {
    /// Whether `release` reads this key.
    pub fn is_read_by(&self, release: Release) -> bool {
        self.readers.iter().any(|(from, until)| *from <= release && release <= *until)
    }

    /// The value that Milvus reads from `text`.
    ///
    /// # Errors
    ///
    /// Says what belongs here when Milvus would not parse the text.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Kind::Bool => match text {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
                _ => Err("write true or false".to_owned()),
            },
            Kind::Int => {
                text.parse::<i64>().map(Value::Int).map_err(|_| self.number_remedy("a whole number"))
            }
            Kind::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Float(number)),
                _ => Err(self.number_remedy("a number")),
            },
            Kind::Text => Ok(Value::Text(text.to_owned())),
        }
    }

    fn number_remedy(&self, what: &str) -> String {
        match self.unit {
            "" => format!("write {what}"),
            unit => format!("write {what} in {unit}"),
        }
    }
}

/// The key of this name; letter case and `.` `_` `/` do not count, as in Milvus.
pub fn find(name: &str) -> Option<&'static Key> {
    let plain = plain(name);
    TABLE.iter().find(|key| self::plain(key.name) == plain)
}

/// All keys that some release knows, in Milvus's spelling.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    TABLE.iter().map(|key| key.name)
}

/// The known key most like `name`.
pub fn nearest(name: &str) -> &'static str {
    let plain = plain(&name.chars().take(120).collect::<String>());
    let likeness = |key: &Key| strsim::normalized_damerau_levenshtein(&plain, &self::plain(key.name));
    let mut best = &TABLE[0];
    for key in TABLE {
        if likeness(key) > likeness(best) {
            best = key;
        }
    }
    best.name
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '.' | '_' | '/')).flat_map(char::to_lowercase).collect()
}

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

    /// The keys that `release` reads, with their defaults.
    pub fn defaults(release: Release) -> Config {
        let mut entries = Vec::new();
        for key in TABLE.iter().filter(|key| key.is_read_by(release)) {
            let value = match key.shipped {
                Some(Shipped::Bool(value)) => Value::Bool(value),
                Some(Shipped::Int(value)) => Value::Int(value),
                None => continue,
            };
            entries.push(ConfigEntry { key: key.name, value, origin: Origin::Default, inert: false });
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASE: Release = Release::latest_2_1();

    #[test]
    fn letter_case_and_separators_do_not_count() {
        for name in ["queryCoord.autoBalance", "QUERYCOORD_AUTOBALANCE", "querycoord/autobalance"] {
            assert_eq!(find(name).map(|key| key.name), Some("queryCoord.autoBalance"));
        }
        assert!(find("queryCoord.autoBalanced").is_none());
        assert_eq!(nearest("queryCoord.autoBalanced"), "queryCoord.autoBalance");
    }

    #[test]
    fn defaults_of_2_1_are_the_shipped_ones() {
        let config = Config::defaults(RELEASE);
        let all: Vec<_> = config.entries.iter().map(|entry| (entry.key, entry.value.clone())).collect();
        assert_eq!(
            all,
            [
                ("queryCoord.autoBalance", Value::Bool(true)),
                ("queryCoord.autoHandoff", Value::Bool(true)),
                ("queryCoord.balanceIntervalSeconds", Value::Int(60)),
                ("queryCoord.memoryUsageMaxDifferencePercentage", Value::Int(30)),
                ("queryCoord.overloadedMemoryThresholdPercentage", Value::Int(90)),
            ]
        );
    }

    #[test]
    fn values_are_read_as_milvus_reads_them() {
        let read = |name, text| find(name).expect("known").parse(text);
        let threshold = "queryCoord.overloadedMemoryThresholdPercentage";
        assert_eq!(read(threshold, "-5"), Ok(Value::Int(-5)));
        assert_eq!(read(threshold, "90.5"), Err("write a whole number in %".to_owned()));
        assert_eq!(read("queryCoord.autoBalance", "T"), Ok(Value::Bool(true)));
        assert!(read("queryCoord.autoBalance", "yes").is_err());
        assert!(read("queryCoord.globalRowCountFactor", "inf").is_err());
    }

    #[test]
    fn no_key_stands_twice_in_the_table() {
        let mut plain: Vec<String> = names().map(plain).collect();
        plain.sort();
        let count = plain.len();
        plain.dedup();
        assert_eq!(plain.len(), count);
    }
}
