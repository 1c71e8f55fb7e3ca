//! A sweep as data: which trials there are, in which order, and by what each is known again.

use super::axis::Axis;
use super::variant::Variant;
use crate::scenario::overrides::Overrides;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Version of the form in which trials are kept.
pub const FORMAT: u32 = 1;

/// Every combination of the axes, of every scenario, under every seed. It says all that is needed to make the
/// results out of kept trials, wherever these were run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this form.
    pub format: u32,
    /// Version of evenkeel.
    pub evenkeel: String,
    /// The scenarios, in the order asked.
    pub scenarios: Vec<Subject>,
    /// Keys with their values, in the order asked; the last one changes fastest.
    pub axes: Vec<Values>,
    /// Seeds of every combination.
    pub seeds: u64,
    /// Paths of the figures kept of every trial.
    pub figures: Vec<String>,
    /// The two of them between which the Pareto front lies; both the less the better.
    pub pareto: [String; 2],
}

/// A scenario of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// 32 hex digits over its text and the options common to all trials.
    pub inputs: String,
    /// The first seed.
    pub seed: u64,
    /// Length of a run.
    pub duration_ms: u64,
    /// What a reader of the results should know.
    pub notes: Vec<String>,
}

/// A key with its values as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// The key.
    pub key: String,
    /// What it takes in turn.
    pub values: Vec<String>,
}

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Position of its scenario.
    pub scenario: usize,
    /// Number of its combination, from 0 in every scenario.
    pub combination: u64,
    /// Its seed.
    pub seed: u64,
}

/// A part of a sweep: every `of`-th trial, beginning with trial `number` - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: u64,
    /// How many shards there are.
    pub of: u64,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Reads `i/n`.
    ///
    /// # Errors
    ///
    /// Says what would be right.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').map(|(number, of)| (number.parse::<u64>(), of.parse::<u64>()));
        match numbers {
            Some((Ok(number), Ok(of))) if 1 <= number && number <= of => Ok(Shard { number, of }),
            _ => Err(format!("--shard {text}: no shard; write --shard i/n with i from 1 to n, such as 2/8")),
        }
    }

    /// Whether it has a trial.
    pub fn has(self, trial: u64) -> bool {
        trial % self.of == self.number - 1
    }
}

impl Values {
    /// The values of an axis.
    pub fn of(axis: &Axis) -> Values {
        Values { key: axis.key.clone(), values: axis.values() }
    }
}

impl Plan {
    /// Combinations of one scenario; `None` when they cannot be counted.
    pub fn combinations(&self) -> Option<u64> {
        self.axes.iter().try_fold(1_u64, |count, axis| count.checked_mul(axis.values.len() as u64))
    }

    /// All trials; `None` when they cannot be counted.
    pub fn trials(&self) -> Option<u64> {
        self.combinations()?.checked_mul(self.scenarios.len() as u64)?.checked_mul(self.seeds)
    }

    /// Where trial `number`, from 0, stands: seeds change fastest, scenarios slowest.
    pub fn spot(&self, number: u64) -> Spot {
        let (row, offset) = (number / self.seeds, number % self.seeds);
        let combinations = self.combinations().unwrap_or(u64::MAX);
        let scenario = (row / combinations) as usize;
        Spot { scenario, combination: row % combinations, seed: self.scenarios[scenario].seed + offset }
    }

    /// Positions of a combination's values on the axes.
    pub fn positions(&self, combination: u64) -> Vec<usize> {
        let mut rest = combination;
        let mut positions = vec![0; self.axes.len()];
        for (position, axis) in positions.iter_mut().zip(&self.axes).rev() {
            let count = axis.values.len() as u64;
            *position = (rest % count) as usize;
            rest /= count;
        }
        positions
    }

    /// The keys of a combination with their values.
    pub fn settings(&self, combination: u64) -> Vec<(&str, &str)> {
        let positions = self.positions(combination).into_iter();
        let values = self.axes.iter().zip(positions);
        values.map(|(axis, position)| (axis.key.as_str(), axis.values[position].as_str())).collect()
    }

    /// The combination as options besides those common to all trials.
    pub fn variant(&self, combination: u64) -> Variant {
        let settings = self.settings(combination);
        let owned = settings.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Variant { settings: owned, ..Variant::default() }
    }

    /// By what a trial is known again: 128 bits over all that it depends on. The order of the axes and the
    /// other values on them are no part of it, so that a trial is known again in a larger sweep.
    pub fn key(&self, number: u64) -> String {
        let spot = self.spot(number);
        let mut settings = self.settings(spot.combination);
        settings.sort_unstable();
        let mut parts = vec![self.scenarios[spot.scenario].inputs.as_str()];
        parts.extend(settings.iter().flat_map(|(key, value)| [*key, *value]));
        parts.push("figures");
        parts.extend(self.figures.iter().map(String::as_str));
        let seed = spot.seed.to_string();
        parts.push(&seed);
        digest(&parts)
    }

    /// A trial in words, for messages.
    pub fn name_of(&self, number: u64) -> String {
        let spot = self.spot(number);
        let mut words = vec![self.scenarios[spot.scenario].name.clone()];
        words.extend(self.settings(spot.combination).iter().map(|(key, value)| format!("{key}={value}")));
        words.push(format!("seed {}", spot.seed));
        format!("trial {number} ({})", words.join(", "))
    }
}

/// 32 hex digits over a scenario's text, the options common to all of its trials, and the files of a program
/// that plans in them. The seed is none of them, nor how long the program may take.
pub fn inputs(text: &str, common: &Overrides, program_files: &[Vec<u8>]) -> String {
    let Overrides { release, settings, milvus_yaml, balancer, seed: _, until, exec_timeout: _ } = common;
    let format = FORMAT.to_string();
    let until = until.map_or_else(String::new, |until| until.as_ms().to_string());
    let mut parts = vec![format.as_str(), env!("CARGO_PKG_VERSION"), text, &until];
    parts.push(release.as_deref().unwrap_or_default());
    parts.push(balancer.as_deref().unwrap_or_default());
    for (key, value) in settings {
        parts.extend([key.as_str(), value.as_str()]);
    }
    parts.push("files");
    parts.extend(milvus_yaml.iter().map(|file| file.text.as_str()));
    let files = program_files.iter().map(|file| format!("{:032x}", xxh3_128(file)));
    let files: Vec<String> = files.collect();
    if !files.is_empty() {
        parts.push("program");
        parts.extend(files.iter().map(String::as_str));
    }
    digest(&parts)
}

/// 32 hex digits over texts; each counts with its length, so that no two lists run together.
pub fn digest(parts: &[&str]) -> String {
    let mut hasher = Xxh3::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("{:032x}", hasher.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(axes: &[&str], seeds: u64) -> Plan {
        let subject = |name: &str, seed| Subject {
            name: name.to_owned(),
            inputs: inputs(name, &Overrides::default(), &[]),
            seed,
            duration_ms: 1_000,
            notes: Vec::new(),
        };
        let path = |path: &str| path.to_owned();
        Plan {
            format: FORMAT,
            evenkeel: env!("CARGO_PKG_VERSION").to_owned(),
            scenarios: vec![subject("a", 0), subject("b", 7)],
            axes: axes.iter().map(|axis| Values::of(&Axis::parse(axis).expect("an axis"))).collect(),
            seeds,
            figures: vec![path("moves.bytes"), path("moves.completed")],
            pareto: [path("moves.bytes"), path("moves.completed")],
        }
    }

    #[test]
    fn seeds_change_fastest_and_scenarios_slowest() {
        let plan = plan(&["k=1,2", "l=x,y,z"], 2);
        assert_eq!((plan.combinations(), plan.trials()), (Some(6), Some(24)));
        assert_eq!(plan.name_of(0), "trial 0 (a, k=1, l=x, seed 0)");
        assert_eq!(plan.name_of(3), "trial 3 (a, k=1, l=y, seed 1)");
        assert_eq!(plan.name_of(23), "trial 23 (b, k=2, l=z, seed 8)");
        let keys: BTreeSet<String> = (0..24).map(|number| plan.key(number)).collect();
        assert_eq!(keys.len(), 24);
    }

    #[test]
    fn a_trial_is_known_again_in_a_larger_sweep() {
        let (small, large) = (plan(&["k=1,2", "l=x"], 2), plan(&["l=w,x", "k=1..5:1"], 10));
        let known: BTreeSet<String> =
            (0..large.trials().expect("a count")).map(|number| large.key(number)).collect();
        assert!((0..small.trials().expect("a count")).all(|number| known.contains(&small.key(number))));
    }

    #[test]
    fn every_input_counts() {
        let set = |key: &str, value: &str| Overrides {
            settings: vec![(key.to_owned(), value.to_owned())],
            ..Overrides::default()
        };
        let release = Overrides { release: Some("2.1".to_owned()), ..Overrides::default() };
        let balancer = Overrides { balancer: Some("2.1".to_owned()), ..Overrides::default() };
        let all = [
            inputs("text", &Overrides::default(), &[]),
            inputs("Text", &Overrides::default(), &[]),
            inputs("text", &set("a", "bc"), &[]),
            inputs("text", &set("ab", "c"), &[]),
            inputs("text", &release, &[]),
            inputs("text", &balancer, &[]),
            inputs("text", &balancer, &[vec![1]]),
            inputs("text", &balancer, &[vec![2]]),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let seeded = Overrides { seed: Some(1), ..Overrides::default() };
        assert_eq!(all[0], inputs("text", &seeded, &[]), "a trial's seed counts by itself");
    }

    #[test]
    fn shards_share_all_trials_out() {
        let shards: Vec<Shard> = (1..=3).map(|number| Shard { number, of: 3 }).collect();
        assert!((0..10).all(|trial| shards.iter().filter(|shard| shard.has(trial)).count() == 1));
        assert_eq!(Shard::parse("2/8"), Ok(Shard { number: 2, of: 8 }));
        for wrong in ["", "1", "0/2", "3/2", "a/b", "1/0"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
