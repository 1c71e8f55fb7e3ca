//! What is known of settings: every run, and all settings that it stands for.

use super::space::{Reach, Setting, Space};

/// A run to be made: of which scenario, under which seed, with which setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Place of the scenario.
    pub scenario: usize,
    /// Place of the seed.
    pub seed: usize,
    /// The setting.
    pub setting: Setting,
}

/// What came out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// With which settings it would be the same.
    pub reaches: Vec<Reach>,
    /// What is to be made small; infinite where it is undefined or a condition does not hold.
    pub value: f64,
    /// Whether all conditions hold.
    pub holds: bool,
    /// 32 hex digits over what happened.
    pub digest: String,
}

/// How several scenarios make one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// The greatest of them.
    Worst,
    /// Their mean.
    Mean,
}

/// Everything run so far.
pub struct Known<'s> {
    space: &'s Space,
    case: Case,
    scenarios: usize,
    /// By scenario, then seed: what was run.
    outcomes: Vec<Vec<Vec<Outcome>>>,
    /// By scenario, then seed: of every setting of the grid the outcome that stands for it.
    by_setting: Vec<Vec<Vec<Option<u32>>>>,
    /// Runs made.
    pub runs: usize,
}

impl<'s> Known<'s> {
    /// Nothing is known.
    pub fn new(space: &'s Space, case: Case, scenarios: usize, seeds: usize) -> Known<'s> {
        let each = |_| vec![Vec::new(); seeds];
        let settings = space.count();
        Known {
            space,
            case,
            scenarios,
            outcomes: (0..scenarios).map(each).collect(),
            by_setting: (0..scenarios).map(|_| vec![vec![None; settings]; seeds]).collect(),
            runs: 0,
        }
    }

    /// Takes in a run.
    pub fn add(&mut self, job: &Job, outcome: Outcome) {
        self.runs += 1;
        let outcomes = &mut self.outcomes[job.scenario][job.seed];
        let number = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
        let by_setting = &mut self.by_setting[job.scenario][job.seed];
        for (setting, known) in by_setting.iter_mut().enumerate() {
            if known.is_none() && self.space.is_within(&outcome.reaches, &self.space.setting(setting)) {
                *known = Some(number);
            }
        }
        outcomes.push(outcome);
    }

    /// What came out of a setting, if anything like it was run.
    pub fn outcome(&self, scenario: usize, seed: usize, setting: &[usize]) -> Option<&Outcome> {
        let outcomes = &self.outcomes[scenario][seed];
        match self.space.number(setting) {
            Some(number) => self.by_setting[scenario][seed][number].map(|place| &outcomes[place as usize]),
            None => outcomes.iter().find(|outcome| self.space.is_within(&outcome.reaches, setting)),
        }
    }

    /// The runs that are missing for a setting under the first `seeds` seeds.
    pub fn missing(&self, setting: &[usize], seeds: usize) -> Vec<Job> {
        let all = (0..seeds).flat_map(|seed| (0..self.scenarios).map(move |scenario| (scenario, seed)));
        all.filter(|(scenario, seed)| self.outcome(*scenario, *seed, setting).is_none())
            .map(|(scenario, seed)| Job { scenario, seed, setting: setting.to_vec() })
            .collect()
    }

    /// The value of a setting under one seed, all scenarios together; `None` = not all are known.
    pub fn value(&self, setting: &[usize], seed: usize) -> Option<f64> {
        let values: Option<Vec<f64>> = (0..self.scenarios)
            .map(|scenario| self.outcome(scenario, seed, setting).map(|outcome| outcome.value))
            .collect();
        let values = values?;
        Some(match self.case {
            Case::Worst => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            Case::Mean => values.iter().sum::<f64>() / values.len() as f64,
        })
    }

    /// Values under the first `seeds` seeds; `None` = not all are known.
    pub fn values(&self, setting: &[usize], seeds: usize) -> Option<Vec<f64>> {
        (0..seeds).map(|seed| self.value(setting, seed)).collect()
    }

    /// Their mean.
    pub fn mean(&self, setting: &[usize], seeds: usize) -> Option<f64> {
        self.values(setting, seeds).map(|values| values.iter().sum::<f64>() / seeds as f64)
    }

    /// Whether all conditions hold in every run of a setting under the first `seeds` seeds.
    pub fn holds(&self, setting: &[usize], seeds: usize) -> bool {
        let mut all = (0..seeds).flat_map(|seed| (0..self.scenarios).map(move |scenario| (scenario, seed)));
        all.all(|(scenario, seed)| self.outcome(scenario, seed, setting).is_some_and(|outcome| outcome.holds))
    }

    /// Settings of the grid whose value under the first seed is known.
    pub fn explored(&self) -> Vec<Option<f64>> {
        (0..self.space.count()).map(|number| self.value(&self.space.setting(number), 0)).collect()
    }

    /// What was run of a scenario under a seed.
    pub fn runs_of(&self, scenario: usize, seed: usize) -> &[Outcome] {
        &self.outcomes[scenario][seed]
    }

    /// Digests of all runs of a setting: two settings with the same do exactly the same.
    pub fn digests(&self, setting: &[usize], seeds: usize) -> Option<Vec<&str>> {
        let all = (0..seeds).flat_map(|seed| (0..self.scenarios).map(move |scenario| (scenario, seed)));
        all.map(|(scenario, seed)| self.outcome(scenario, seed, setting).map(|found| found.digest.as_str()))
            .collect()
    }
}
