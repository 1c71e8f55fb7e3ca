//! Kept figures of a scenario: read, written, and held against those of a later run.
//!
//! # When a later result counts as worse
//!
//! A baseline keeps every figure for a number of seeds. The seed decides what is drawn: data, faults, and the
//! orders in which Milvus is random. A changed policy meets the same data and faults under the same seed, but
//! with another order of ties it is in effect another draw of the same lottery. So single runs are never
//! compared, only what all seeds say together:
//!
//! 1. Where the later runs did exactly what the earlier ones did (the same digests), nothing is worse.
//! 2. Where chance plays no part at all (one digest for all seeds, then and now), a figure is worse when it
//!    differs to the worse by more than its floor.
//! 3. Otherwise a figure is worse when its mean is worse by more than its floor, and by more than the figure
//!    spreads over the seeds, and chance alone would make it look so bad only once in 100 million times
//!    ([`SAMPLES_LEVEL`], exact rank-sum test of the two samples).
//! 4. Under the same seeds it is also worse when the differences seed by seed lean to the worse so much as chance
//!    alone would make them once in a million times ([`PAIRS_LEVEL`], exact signed-rank test), and their mean is
//!    over the floor and over their spread. This sees a small loss under all seeds that the spread of the data hides.
//!
//! The floor is the greater of the figure's own ([`super::measured::Figure::floor`]) and [`FLOOR_RATIO`] of the
//! earlier mean. The levels are strict because a suite asks many questions: 100 scenarios with 24 figures, run
//! 200 times, are 480,000 of them. They need at least 15 seeds (samples) and 20 (pairs).

use super::measured::{Better, FIGURES, Figure};
use super::significance::{rank_sum, signed_rank};
use serde_json::{Map, Value, json};

/// How seldom chance alone may make the sample of a figure look worse.
pub const SAMPLES_LEVEL: f64 = 1e-8;
/// How seldom chance alone may make the differences under the same seeds look worse.
pub const PAIRS_LEVEL: f64 = 1e-6;
/// Less than this share of the earlier mean is never told.
pub const FLOOR_RATIO: f64 = 0.05;
/// Seeds of a baseline unless said otherwise.
pub const SEEDS: u32 = 20;
/// Most seeds: the exact tests take time and memory with their third power.
pub const SEEDS_MAX: u32 = 64;
/// Version of the kept file.
const FORMAT: u64 = 1;

/// What is kept of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Name of the scenario.
    pub scenario: String,
    /// The release that was run.
    pub release: String,
    /// The balance policy that was run.
    pub balancer: String,
    /// The first seed; the others follow one by one.
    pub first_seed: u64,
    /// Digest of every seed's run.
    pub digests: Vec<String>,
    /// By figure, in the order of [`FIGURES`]: its value under every seed; `None` = undefined.
    pub figures: Vec<(&'static str, Vec<Option<f64>>)>,
}

/// What became of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Worse than chance explains.
    Worse,
    /// Better than chance explains.
    Better,
    /// Different, of a figure that has no better direction.
    Different,
    /// Undefined where it was defined: a fault, since nothing can be said of it any more.
    Undefined,
}

/// A figure that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureChange {
    /// Its name.
    pub figure: &'static str,
    /// What became of it.
    pub change: Change,
    /// Its mean over the seeds of the baseline.
    pub before: f64,
    /// Its mean now; `None` = undefined.
    pub after: Option<f64>,
    /// Least and greatest of the baseline.
    pub before_range: (f64, f64),
    /// Least and greatest now.
    pub after_range: Option<(f64, f64)>,
}

/// A run held against the baseline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Whether every seed did exactly what it did before.
    pub is_same: bool,
    /// Figures that changed, in the order of [`FIGURES`].
    pub changes: Vec<FigureChange>,
    /// Why less can be said than a reader might think; empty when nothing is in the way.
    pub doubt: String,
}

impl Comparison {
    /// Whether nothing is worse.
    pub fn holds(&self) -> bool {
        !self.changes.iter().any(|change| matches!(change.change, Change::Worse | Change::Undefined))
    }
}

impl Baseline {
    /// Number of seeds.
    pub fn seeds(&self) -> usize {
        self.digests.len()
    }

    /// Whether chance plays no part: all seeds, and there are several, did the same.
    pub fn is_without_chance(&self) -> bool {
        self.seeds() > 1 && self.digests.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Holds `self`, a later result, against an earlier one.
    pub fn against(&self, earlier: &Baseline) -> Comparison {
        let has_same_seeds = self.first_seed == earlier.first_seed && self.seeds() == earlier.seeds();
        if has_same_seeds && self.digests == earlier.digests {
            return Comparison { is_same: true, ..Comparison::default() };
        }
        let is_sure = self.is_sure(earlier);
        let judge = Judge { is_sure, has_pairs: has_same_seeds };
        let changes = FIGURES.iter().filter_map(|figure| {
            judge.change(figure, earlier.values(figure.name)?, self.values(figure.name).unwrap_or(&[]))
        });
        let changes = changes.collect();
        let fewest = self.seeds().min(earlier.seeds());
        let doubt = match fewest {
            _ if is_sure || is_reachable(self.seeds(), earlier.seeds()) => String::new(),
            1 => "1 seed is too few to tell a worse result from chance".to_owned(),
            seeds => format!("{seeds} seeds are too few to tell a worse result from chance"),
        };
        Comparison { is_same: false, changes, doubt }
    }

    /// Whether chance plays no part, then and now.
    fn is_sure(&self, earlier: &Baseline) -> bool {
        let is_constant = self.digests.windows(2).all(|pair| pair[0] == pair[1]);
        earlier.is_without_chance() && is_constant
    }

    fn values(&self, name: &str) -> Option<&[Option<f64>]> {
        self.figures.iter().find(|(figure, _)| *figure == name).map(|(_, values)| values.as_slice())
    }
}

/// Whether samples of these sizes can reach the level at all: all of one above all of the other.
fn is_reachable(first: usize, second: usize) -> bool {
    let arrangements: f64 = (1..=second).map(|place| (first + place) as f64 / place as f64).product();
    1.0 / arrangements <= SAMPLES_LEVEL
}

/// How two samples of a figure are compared.
struct Judge {
    is_sure: bool,
    has_pairs: bool,
}

impl Judge {
    fn change(&self, figure: &Figure, before: &[Option<f64>], after: &[Option<f64>]) -> Option<FigureChange> {
        let told = |change, before: &[f64], after: &[f64]| FigureChange {
            figure: figure.name,
            change,
            before: mean(before),
            after: (!after.is_empty()).then(|| mean(after)),
            before_range: range(before),
            after_range: (!after.is_empty()).then(|| range(after)),
        };
        let before: Vec<f64> = before.iter().copied().collect::<Option<_>>()?;
        let Some(after) =
            after.iter().copied().collect::<Option<Vec<f64>>>().filter(|after| !after.is_empty())
        else {
            return Some(told(Change::Undefined, &before, &[]));
        };
        let floor = figure.floor.max(mean(&before).abs() * FLOOR_RATIO);
        let (is_more, is_less) =
            (self.is_above(&before, &after, floor), self.is_above(&after, &before, floor));
        let change = match (figure.better, is_more, is_less) {
            (_, false, false) => return None,
            (Better::Neither, ..) => Change::Different,
            (Better::Lower, true, _) | (Better::Higher, _, true) => Change::Worse,
            (Better::Lower, ..) | (Better::Higher, ..) => Change::Better,
        };
        Some(told(change, &before, &after))
    }

    /// Whether `high` lies above `low` by more than the floor, the spread, and what chance explains.
    fn is_above(&self, low: &[f64], high: &[f64], floor: f64) -> bool {
        let rise = mean(high) - mean(low);
        if rise < floor {
            return false;
        }
        if self.is_sure {
            return true;
        }
        if rise > deviation(low).max(deviation(high)) && rank_sum(low, high) <= SAMPLES_LEVEL {
            return true;
        }
        if !self.has_pairs {
            return false;
        }
        let rises: Vec<f64> = low.iter().zip(high).map(|(low, high)| high - low).collect();
        rise > deviation(&rises) && signed_rank(&rises) <= PAIRS_LEVEL
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64).sqrt()
}

fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

impl Baseline {
    /// The kept file: one line a figure; what is the same under all seeds stands once.
    pub fn to_json(&self) -> String {
        let digests: Vec<Value> = self.digests.iter().map(|digest| json!(digest)).collect();
        let mut text = format!(
            "{{\n  \"format\": {FORMAT},\n  \"scenario\": {},\n  \"milvus\": {{ \"version\": {}, \"balancer\": {} \
             }},\n  \"first_seed\": {},\n  \"seeds\": {},\n  \"digests\": {},\n  \"figures\": {{",
            json!(self.scenario),
            json!(self.release),
            json!(self.balancer),
            self.first_seed,
            self.seeds(),
            shortened(&digests)
        );
        for (position, (figure, values)) in self.figures.iter().enumerate() {
            let values: Vec<Value> = values.iter().map(|value| number(*value)).collect();
            let separator = if position == 0 { "" } else { "," };
            text.push_str(&format!("{separator}\n    \"{figure}\": {}", shortened(&values)));
        }
        text.push_str("\n  }\n}\n");
        text
    }

    /// Reads a kept file.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let file: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let format = file["format"].as_u64();
        if format != Some(FORMAT) {
            let found = file["format"].to_string();
            return Err(format!("its format is {found}, this evenkeel keeps {FORMAT}"));
        }
        let text = |value: &Value, name: &str| {
            value.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is no text"))
        };
        let first_seed = file["first_seed"].as_u64().ok_or("first_seed is no number")?;
        let seeds = file["seeds"].as_u64().filter(|seeds| (1..=u64::from(SEEDS_MAX)).contains(seeds));
        let seeds = seeds.ok_or_else(|| format!("seeds is no number from 1 to {SEEDS_MAX}"))? as usize;
        let digests = lengthened(&file["digests"], seeds, "digests")?;
        let digests = digests.iter().map(|digest| text(digest, "a digest")).collect::<Result<_, _>>()?;
        let nothing = Map::new();
        let kept = file["figures"].as_object().unwrap_or(&nothing);
        let mut figures = Vec::new();
        for figure in FIGURES {
            // A figure that this version has come to keep is compared from the next renewal on.
            let Some(values) = kept.get(figure.name) else { continue };
            let values = lengthened(values, seeds, figure.name)?;
            let is_number = |value: &Value| value.is_null() || value.as_f64().is_some_and(f64::is_finite);
            if let Some(wrong) = values.iter().find(|value| !is_number(value)) {
                return Err(format!("{} holds {wrong}, which is no number", figure.name));
            }
            figures.push((figure.name, values.iter().map(Value::as_f64).collect()));
        }
        Ok(Baseline {
            scenario: text(&file["scenario"], "scenario")?,
            release: text(&file["milvus"]["version"], "milvus.version")?,
            balancer: text(&file["milvus"]["balancer"], "milvus.balancer")?,
            first_seed,
            digests,
            figures,
        })
    }
}

/// A whole number without a point.
fn number(value: Option<f64>) -> Value {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => json!(value as i64),
        value => json!(value),
    }
}

/// The value of all seeds where they have one, else their list.
fn shortened(values: &[Value]) -> Value {
    match values {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => first.clone(),
        values => json!(values),
    }
}

fn lengthened(value: &Value, seeds: usize, name: &str) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(values) if values.len() == seeds => Ok(values.clone()),
        Value::Array(values) => Err(format!("{name} holds {} values for {seeds} seeds", values.len())),
        value => Ok(vec![value.clone(); seeds]),
    }
}

#[cfg(test)]
#[path = "baseline_tests.rs"]
mod tests;
