//! Milvus's configuration keys: name, type, unit, default, range and readers per release.

use super::key_table;
use crate::release::{Quirk, Release};

pub use super::keys_config::{Config, ConfigEntry, Origin};

/// What Milvus reads a value as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A boolean word of Go: `1`, `t`, `true`, `0`, `f`, `false` and their capitals.
    Bool,
    /// A base-10 integer.
    Int,
    /// A finite decimal number.
    Float,
    /// A length of time with its unit, such as `3m` or `1h30m`.
    Duration,
    /// Any text.
    Text,
}

/// A default that Milvus ships.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shipped {
    /// A switch.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A name or a length of time.
    Text(&'static str),
}

impl Shipped {
    fn value(self) -> Value {
        match self {
            Shipped::Bool(value) => Value::Bool(value),
            Shipped::Int(value) => Value::Int(value),
            Shipped::Float(value) => Value::Float(value),
            Shipped::Text(value) => Value::Text(value.to_owned()),
        }
    }
}

/// What some releases make of a number out of range. Other releases take it as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Releases that keep to it, as closed spans.
    pub holds: &'static [(Release, Release)],
    /// Smallest number taken as it is.
    pub least: f64,
    /// Whether `least` itself is taken.
    pub is_least_allowed: bool,
    /// What a smaller number becomes.
    pub below: f64,
    /// Greatest number taken as it is.
    pub greatest: f64,
    /// What a greater number becomes.
    pub above: f64,
}

/// How a key is looked up while Milvus runs, where a release looks at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// At every use.
    AtUse,
    /// By a ticker that looks its period up anew after every tick, from 2.6.20 on.
    Ticker,
    /// By a ticker that keeps its first period.
    FixedTicker,
    /// By whoever builds the balancer.
    Balancer,
}

/// When a new value of a key takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesEffect {
    /// At once: it is read at every use.
    AtUse,
    /// After the next tick of the ticker that it is the period of.
    AfterNextTick,
    /// When the process starts anew.
    AtRestart,
}

/// The first release whose tickers notice a new period.
const TICKERS_NOTICE: Release = Release::new(2, 6, 20);

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
    /// Defaults with the release from which each is shipped, ascending.
    pub defaults: &'static [(Release, Shipped)],
    /// How it is looked up at run time.
    pub rhythm: Rhythm,
    /// Its range, where some release has one.
    pub range: Option<Range>,
    /// The key that counts instead as long as this one is not set.
    pub fallback: Option<&'static str>,
}

impl Key {
    /// Whether `release` reads this key.
    pub fn is_read_by(&self, release: Release) -> bool {
        is_within(release, self.readers)
    }

    /// What `release` ships; `None` when it does not have the key yet. Releases that no longer read a key
    /// may still ship it.
    pub fn default_of(&self, release: Release) -> Option<Value> {
        let shipped = self.defaults.iter().rfind(|(from, _)| *from <= release);
        shipped.map(|(_, shipped)| shipped.value())
    }

    /// When a value given at run time takes effect in `release`.
    pub fn takes_effect(&self, release: Release) -> TakesEffect {
        if release.has(Quirk::OnlyMemoryUsage) || release.has(Quirk::ConfigReadOnce) {
            return TakesEffect::AtRestart;
        }
        match self.rhythm {
            Rhythm::AtUse => TakesEffect::AtUse,
            Rhythm::Ticker if release >= TICKERS_NOTICE => TakesEffect::AfterNextTick,
            Rhythm::Balancer if release.has(Quirk::BalancerSwitchesAtRunTime) => TakesEffect::AtUse,
            Rhythm::Ticker | Rhythm::FixedTicker | Rhythm::Balancer => TakesEffect::AtRestart,
        }
    }

    /// What `release` makes of a value: itself, unless it is out of a range that the release keeps to.
    pub fn clamped(&self, release: Release, value: Value) -> Value {
        let (Some(range), Value::Float(number)) = (self.range, &value) else { return value };
        if !is_within(release, range.holds) {
            return value;
        }
        if *number > range.greatest {
            Value::Float(range.above)
        } else if *number < range.least || (*number == range.least && !range.is_least_allowed) {
            Value::Float(range.below)
        } else {
            value
        }
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
            Kind::Duration => match humantime::parse_duration(text) {
                Ok(_) => Ok(Value::Text(text.to_owned())),
                Err(_) => Err("write a length of time with its unit, such as 3m".to_owned()),
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

fn is_within(release: Release, spans: &[(Release, Release)]) -> bool {
    spans.iter().any(|(from, until)| *from <= release && release <= *until)
}

/// All keys that some release reads or ships for balancing or loading.
pub fn all() -> impl Iterator<Item = &'static Key> + Clone {
    key_table::all()
}

/// The key of this name; letter case and `.` `_` `/` do not count, as in Milvus.
pub fn find(name: &str) -> Option<&'static Key> {
    if let Some(exact) = all().find(|key| key.name == name) {
        return Some(exact);
    }
    let plain = plain(name);
    all().find(|key| self::plain(key.name) == plain)
}

/// Whether Milvus has a key of QueryCoord or the query node of this name that concerns nothing simulated.
pub fn is_outside(name: &str) -> bool {
    key_table::is_outside(&plain(name))
}

/// Whether a key of this name would be one of QueryCoord or the query node.
pub fn is_of_query(name: &str) -> bool {
    let plain = plain(name);
    plain.starts_with("querycoord") || plain.starts_with("querynode")
}

/// All keys that some release knows, in Milvus's spelling.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    all().map(|key| key.name)
}

/// Below that a name is another one, not a misspelt one.
const LIKE_AT_ALL: f64 = 0.4;

/// The known key most like `name`; `None` where none is like it at all.
pub fn nearest(name: &str) -> Option<&'static str> {
    let plain = plain(&name.chars().take(120).collect::<String>());
    let likeness = |key: &str| strsim::normalized_damerau_levenshtein(&plain, &self::plain(key));
    let mut best = (None, LIKE_AT_ALL);
    for key in names() {
        let likeness = likeness(key);
        if likeness > best.1 {
            best = (Some(key), likeness);
        }
    }
    best.0
}

/// What to write instead of a name that no release knows.
pub fn remedy(name: &str) -> String {
    nearest(name).map_or_else(
        || "write a key of milvus.yaml in full, such as queryCoord.autoBalance".to_owned(),
        |nearest| format!("the nearest known is \"{nearest}\""),
    )
}

/// Letter case and separators do not count.
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

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
