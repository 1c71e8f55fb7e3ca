//! The settings among which the best is looked for: a grid of values of keys.

use super::super::threshold_map::axis::{ExactAxis, Method};
use crate::policy::watch::{Ladder, Span, WatchedKey};
use crate::scenario::Scenario;

/// Most settings of one search.
pub const SETTINGS_MAX: usize = 100_000;

/// A key with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct TunedKey {
    /// Milvus's key, or a field of the scenario by its JSON pointer.
    pub key: String,
    /// Its values as written; ascending where all are numbers.
    pub values: Vec<String>,
    /// How its comparisons are watched, where that tells with which values a run is the same.
    pub watched: Option<Watched>,
    /// The value with which the scenarios themselves have it, if it is one of `values`.
    pub own: Option<usize>,
    is_ordered: bool,
}

/// A key whose comparisons bound its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    key: &'static str,
    ladder: Ladder,
    /// Rung of each value; the last one is that of the scenario itself.
    rungs: Vec<i64>,
}

/// A setting: of every key the place of its value, or the number of values = as the scenario has it.
pub type Setting = Vec<usize>;

/// A key of a run, and with which of its values the run would be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// These rungs.
    Rungs(Span),
    /// This value.
    Value(usize),
}

impl TunedKey {
    /// A key with its values, for scenarios with their names. `may_watch` = the aim does not itself depend on it.
    pub fn new(key: &str, values: &[String], scenarios: &[&Scenario], may_watch: bool) -> TunedKey {
        let mut values = values.to_vec();
        let number = |value: &String| value.parse::<f64>().ok().filter(|number| number.is_finite());
        let is_ordered = values.iter().all(|value| number(value).is_some());
        if is_ordered {
            // Stable, and all are numbers, so that equal ones keep the order asked.
            values.sort_by(|one, other| {
                number(one).partial_cmp(&number(other)).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let own = own(key, &values, scenarios);
        let watched = if may_watch { Watched::of(key, &values, scenarios) } else { None };
        TunedKey { key: key.to_owned(), values, watched, own, is_ordered }
    }

    /// The place that stands for the scenario's own value.
    pub fn given(&self) -> usize {
        self.own.unwrap_or(self.values.len())
    }

    /// How far two values are from each other, from 0 to 1.
    fn distance(&self, one: usize, other: usize) -> f64 {
        let steps = self.values.len().saturating_sub(1).max(1) as f64;
        match (self.is_ordered, one == other) {
            (_, true) => 0.0,
            (true, _) if one.max(other) < self.values.len() => one.abs_diff(other) as f64 / steps,
            _ => 1.0,
        }
    }

    /// As a run watches it, at the value of a place.
    fn watch(&self, place: usize) -> Option<WatchedKey> {
        let watched = self.watched.as_ref()?;
        let (low, high) = (watched.rungs.iter().min()?, watched.rungs.iter().max()?);
        let span = Span { low: *low, high: *high };
        Some(WatchedKey { key: watched.key, ladder: watched.ladder, at: watched.rungs[place], span })
    }

    /// Whether a value is within reach.
    pub fn is_within(&self, reach: Reach, place: usize) -> bool {
        match (reach, &self.watched) {
            (Reach::Value(value), _) => value == place,
            (Reach::Rungs(span), Some(watched)) => (span.low..=span.high).contains(&watched.rungs[place]),
            (Reach::Rungs(_), None) => false,
        }
    }

    /// Distance of a value from what is within reach.
    fn distance_to(&self, reach: Reach, place: usize) -> f64 {
        match reach {
            Reach::Value(value) => self.distance(value, place),
            Reach::Rungs(_) => {
                let within = (0..self.values.len()).filter(|other| self.is_within(reach, *other));
                within.map(|other| self.distance(other, place)).fold(1.0, f64::min)
            }
        }
    }
}

impl Watched {
    /// `None` where the margins of a run do not bound the key's effect, or it stands nowhere.
    fn of(key: &str, values: &[String], scenarios: &[&Scenario]) -> Option<Watched> {
        let first = scenarios.first()?;
        let axis = |value: &str| {
            let axis = ExactAxis::parse(&format!("{key}=exact:{value}..{value}"), first.release).ok()?;
            (axis.method == Method::Margins).then_some(axis)
        };
        let axes: Option<Vec<ExactAxis>> = values.iter().map(|value| axis(value)).collect();
        let axes = axes?;
        let (key, ladder) = (axes.first()?.key, axes.first()?.ladder);
        // With another release a value may be taken otherwise.
        let is_same = |scenario: &&Scenario| {
            values.iter().all(|value| {
                ExactAxis::parse(&format!("{key}=exact:{value}..{value}"), scenario.release).is_ok()
            })
        };
        // A program compares out of sight.
        let is_own = |scenario: &&Scenario| scenario.program.is_some();
        if !scenarios.iter().all(is_same) || scenarios.iter().any(is_own) {
            return None;
        }
        let anywhere = ExactAxis { span: Span { low: i64::MIN, high: i64::MAX }, ..axes[0] };
        let given: Vec<Option<i64>> = scenarios.iter().map(|scenario| anywhere.given(scenario)).collect();
        let mut rungs: Vec<i64> = axes.iter().map(|axis| axis.span.low).collect();
        // Scenarios with values of their own: then each is run as it is.
        let own =
            given.first().copied().flatten().filter(|own| given.iter().all(|given| *given == Some(*own)))?;
        rungs.push(own);
        Some(Watched { key, ladder, rungs })
    }
}

/// The value that all scenarios have, if it is one of `values`.
fn own(key: &str, values: &[String], scenarios: &[&Scenario]) -> Option<usize> {
    let name = crate::coordinator::keys::find(key)?.name;
    let mut own = scenarios.iter().map(|scenario| {
        let value = scenario.config.in_force(scenario.release, name)?;
        let json = value.to_json();
        let plain = json.trim_matches('"').to_owned();
        let number = |text: &str| text.parse::<f64>().ok();
        values
            .iter()
            .position(|value| *value == plain || (number(value).is_some() && number(value) == number(&plain)))
    });
    let first = own.next()??;
    own.all(|place| place == Some(first)).then_some(first)
}

/// All settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// The keys.
    pub keys: Vec<TunedKey>,
}

impl Space {
    /// How many settings the grid has.
    pub fn count(&self) -> usize {
        self.keys.iter().fold(1, |count, key| count.saturating_mul(key.values.len()))
    }

    /// A setting of the grid by its number; the last key changes fastest.
    pub fn setting(&self, number: usize) -> Setting {
        let mut rest = number;
        let mut setting: Setting = self
            .keys
            .iter()
            .rev()
            .map(|key| {
                let place = rest % key.values.len();
                rest /= key.values.len();
                place
            })
            .collect();
        setting.reverse();
        setting
    }

    /// Number of a setting of the grid; `None` for one outside of it.
    pub fn number(&self, setting: &[usize]) -> Option<usize> {
        self.keys.iter().zip(setting).try_fold(0, |number, (key, place)| {
            (*place < key.values.len()).then(|| number * key.values.len() + place)
        })
    }

    /// The scenarios as they are.
    pub fn given(&self) -> Setting {
        self.keys.iter().map(TunedKey::given).collect()
    }

    /// Keys with their values; those that stay as the scenario has them are left out.
    pub fn written(&self, setting: &[usize]) -> Vec<(String, String)> {
        let pairs = self.keys.iter().zip(setting);
        pairs.filter_map(|(key, place)| Some((key.key.clone(), key.values.get(*place)?.clone()))).collect()
    }

    /// The keys of a run that are watched.
    pub fn watches(&self, setting: &[usize]) -> Vec<WatchedKey> {
        self.keys.iter().zip(setting).filter_map(|(key, place)| key.watch(*place)).collect()
    }

    /// How far a run with `setting` reaches, given the spans of its watched keys in their order.
    pub fn reaches(&self, setting: &[usize], spans: &[Span]) -> Vec<Reach> {
        let mut spans = spans.iter();
        let reach = |(key, place): (&TunedKey, &usize)| match &key.watched {
            Some(_) => spans.next().map_or(Reach::Value(*place), |span| Reach::Rungs(*span)),
            None => Reach::Value(*place),
        };
        self.keys.iter().zip(setting).map(reach).collect()
    }

    /// Whether a setting is within reach of a run.
    pub fn is_within(&self, reaches: &[Reach], setting: &[usize]) -> bool {
        self.keys.iter().zip(reaches).zip(setting).all(|((key, reach), place)| key.is_within(*reach, *place))
    }

    /// Distance of two settings: of every key from 0 to 1, added up.
    pub fn distance(&self, one: &[usize], other: &[usize]) -> f64 {
        let pairs = self.keys.iter().zip(one.iter().zip(other));
        pairs.map(|(key, (one, other))| key.distance(*one, *other)).sum()
    }

    /// Distance of every value of every key from what is within reach of a run.
    pub fn distances(&self, reaches: &[Reach]) -> Vec<Vec<f64>> {
        let pairs = self.keys.iter().zip(reaches);
        pairs
            .map(|(key, reach)| (0..key.values.len()).map(|place| key.distance_to(*reach, place)).collect())
            .collect()
    }

    /// Settings of the grid one value away from `setting` in one key or, diagonally, in two.
    pub fn neighbours(&self, setting: &[usize]) -> Vec<Setting> {
        let mut neighbours: Vec<Setting> = Vec::new();
        let steps = |key: usize| {
            let here = setting[key];
            let all: Vec<usize> = if self.keys[key].is_ordered {
                [here.checked_sub(1), here.checked_add(1)].into_iter().flatten().collect()
            } else {
                (0..self.keys[key].values.len()).filter(|place| *place != here).collect()
            };
            all.into_iter().filter(|place| *place < self.keys[key].values.len()).collect::<Vec<_>>()
        };
        for first in 0..self.keys.len() {
            for place in steps(first) {
                let mut neighbour = setting.to_vec();
                neighbour[first] = place;
                neighbours.push(neighbour.clone());
                for second in first + 1..self.keys.len() {
                    for place in steps(second) {
                        neighbour[second] = place;
                        neighbours.push(neighbour.clone());
                        neighbour[second] = setting[second];
                    }
                }
            }
        }
        neighbours
    }
}
