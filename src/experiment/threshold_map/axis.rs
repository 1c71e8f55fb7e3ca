//! A key of which every breakpoint is wanted, with the range in which it is looked for.

use crate::coordinator::keys::{self, Kind, Value};
use crate::policy::benefit::{REVERSE_KEY, TOLERATION_KEY};
use crate::policy::memory_usage::{DIFFERENCE_KEY, OVERLOADED_KEY};
use crate::policy::plan_search::THRESHOLD_KEY;
use crate::policy::watch::{Ladder, Span, WatchedKey};
use crate::release::Release;
use crate::scenario::Scenario;
use crate::scenario::timeline::Happening;

/// Keys that every release only compares with: what they decide can be asked of the decision itself.
const COMPARED: &[&str] = &[OVERLOADED_KEY, DIFFERENCE_KEY, TOLERATION_KEY, REVERSE_KEY, THRESHOLD_KEY];

/// Most values of a key of which every one is run.
const VALUES_MAX: u64 = 1_000;

/// How the breakpoints of a key are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By the margins of every comparison with it: a run stands for all values that change none.
    Margins,
    /// By a run with each of its values.
    Values,
}

/// A key with its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactAxis {
    /// Milvus's key.
    pub key: &'static str,
    /// Its values.
    pub ladder: Ladder,
    /// The range.
    pub span: Span,
    /// How its breakpoints are found.
    pub method: Method,
}

impl ExactAxis {
    /// Whether an option of this form asks for all breakpoints.
    pub fn is_asked(text: &str) -> bool {
        text.split_once('=').is_some_and(|(_, values)| values.starts_with("exact:"))
    }

    /// Reads `KEY=exact:a..b` for a release.
    ///
    /// # Errors
    ///
    /// Says what is wrong, and what to use instead where the key is none that is compared with.
    pub fn parse(text: &str, release: Release) -> Result<ExactAxis, String> {
        let wrong = |fault: &str| format!("--vary {text}: {fault}");
        let form = || wrong("write --vary KEY=exact:a..b");
        let (name, values) = text.split_once('=').ok_or_else(form)?;
        let (low, high) =
            values.strip_prefix("exact:").and_then(|range| range.split_once("..")).ok_or_else(form)?;
        if name.starts_with('/') {
            let fault = format!(
                "{name} is a field of the scenario, which no comparison tells the effect of; sweep it with {name}=a..b:step"
            );
            return Err(wrong(&fault));
        }
        let key = keys::find(name).ok_or_else(|| {
            wrong(&format!("no Milvus release knows the key \"{name}\"; {}", keys::remedy(name)))
        })?;
        let number = |text: &str| match key.parse(text) {
            Ok(value @ (Value::Int(_) | Value::Float(_))) => Ok(value),
            Ok(_) => Err(wrong(&format!("{} is no number; list its values: {name}=x,y", key.name))),
            Err(remedy) => Err(wrong(&format!("{text:?} is no value of {}; {remedy}", key.name))),
        };
        let (low, high) = (number(low)?, number(high)?);
        for end in [&low, &high] {
            if key.clamped(release, end.clone()) != *end {
                let fault = format!("Milvus {release} does not take {} as it is", end.to_json());
                return Err(wrong(&format!("{fault}; keep to the range that it takes")));
            }
        }
        let ladder = match (key.kind, key.unit) {
            (Kind::Int, "%") => Ladder::Percent,
            (Kind::Int, _) => Ladder::Whole,
            _ => Ladder::Real,
        };
        let rung = |value: &Value| match value {
            Value::Int(value) => *value,
            // Not -0: Milvus has no use for it, and it would be a value of its own.
            Value::Float(value) => ladder.rung(value + 0.0),
            _ => 0,
        };
        let span = Span { low: rung(&low), high: rung(&high) };
        if span.low > span.high {
            return Err(wrong("the range ends before it begins"));
        }
        let method = if COMPARED.contains(&key.name) { Method::Margins } else { Method::Values };
        let axis = ExactAxis { key: key.name, ladder, span, method };
        axis.check_method().map_err(|fault| wrong(&fault))?;
        Ok(axis)
    }

    fn check_method(&self) -> Result<(), String> {
        if self.method == Method::Margins {
            return Ok(());
        }
        let key = self.key;
        let why =
            "decides when or how much, not only whether, so the margins of a run do not bound its effect";
        if self.ladder == Ladder::Real {
            return Err(format!("{key} {why}; sweep it with {key}=a..b:step"));
        }
        let count = self.span.high.abs_diff(self.span.low).saturating_add(1);
        if count > VALUES_MAX {
            return Err(format!(
                "{key} {why}; each of its {count} values would have to be run, and at most {VALUES_MAX} are: narrow the range, or sweep it with {key}=a..b:step"
            ));
        }
        Ok(())
    }

    /// The key on one of its rungs, as a run watches it.
    pub fn watched(&self, at: i64) -> WatchedKey {
        let span = match self.method {
            Method::Margins => self.span,
            Method::Values => Span { low: at, high: at },
        };
        WatchedKey { key: self.key, ladder: self.ladder, at, span }
    }

    /// The rung on which a scenario has the key, if that is within the range.
    pub fn given(&self, scenario: &Scenario) -> Option<i64> {
        let rung = match scenario.config.in_force(scenario.release, self.key)? {
            Value::Int(value) => value,
            Value::Float(value) => self.ladder.rung(value + 0.0),
            _ => return None,
        };
        (self.span.low..=self.span.high).contains(&rung).then_some(rung)
    }

    /// What a reader has to know of this key in a scenario.
    pub fn caveats(&self, scenario: &Scenario) -> Vec<String> {
        let mut caveats = Vec::new();
        let key = self.key;
        if !keys::find(key).is_some_and(|key| key.is_read_by(scenario.release)) {
            caveats.push(format!("Milvus {} does not read {key}.", scenario.release));
        }
        let changes = |happening: &Happening| match happening {
            Happening::SetConfig(settings) => settings.iter().any(|(name, _)| *name == key),
            _ => false,
        };
        if let Some(entry) = scenario.timeline.iter().find(|entry| changes(&entry.happening)) {
            let at = entry.at;
            caveats.push(format!(
                "The timeline sets {key} at {at}: the map is of the value that it has before that takes effect."
            ));
        }
        if key == OVERLOADED_KEY {
            caveats.push(format!(
                "The time and number of overloaded nodes are measured against {key} itself, so they can differ within an interval; they are not shown."
            ));
        }
        caveats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str, release: &str) -> String {
        ExactAxis::parse(text, release.parse().expect("a release")).expect_err("a fault")
    }

    #[test]
    fn a_key_that_decides_when_is_refused_with_what_to_use_instead() {
        let long = fault("queryCoord.balanceIntervalSeconds=exact:1..100000", "2.1");
        assert!(long.contains("each of its 100000 values"), "{long}");
        let factor = fault("queryCoord.globalRowCountFactor=exact:0..1", "2.6.20");
        assert!(factor.contains("sweep it with queryCoord.globalRowCountFactor=a..b:step"), "{factor}");
        assert!(fault("/duration=exact:1..2", "2.1").contains("field of the scenario"));
        assert!(fault("queryCoord.balancer=exact:1..2", "2.6.20").contains("list its values"));
        assert!(
            fault("queryCoord.reverseUnBalanceTolerationFactor=exact:1..2", "2.2.16").contains("as it is")
        );
        assert!(
            fault("queryCoord.overloadedMemoryThreshold=exact:1..2", "2.1").contains("the nearest known is")
        );
        assert!(fault("queryCoord.overloadedMemoryThresholdPercentage=exact:9..2", "2.1").contains("ends"));
    }

    #[test]
    fn an_integer_key_of_few_values_is_run_value_by_value() {
        let release = "2.1".parse().expect("a release");
        let axis = ExactAxis::parse("queryCoord.balanceIntervalSeconds=exact:50..60", release);
        let axis = axis.expect("few enough");
        assert_eq!(axis.method, Method::Values);
        assert_eq!(axis.watched(55).span, Span { low: 55, high: 55 });
    }
}
