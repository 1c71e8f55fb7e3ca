//! Which values of some keys are best, found with few runs, with how sure that is and how much each key matters.

pub mod kept;
pub mod known;
pub mod search;
pub mod space;
pub mod verdict;

use self::kept::RunStore;
use self::known::{Case, Job, Known, Outcome};
use self::search::{Limits, Search};
use self::space::{Setting, Space};
use self::verdict::Verdict;
use super::expression::{Condition, Expression};
use super::figure::Figure;
use super::pool;
use super::threshold_map::run;
use crate::metrics::summary::Summary;
use crate::policy::watch::Watch;
use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// What shall be small.
    pub minimize: Expression,
    /// What must hold in every run.
    pub subject_to: Vec<Condition>,
    /// The figures of both, by their paths.
    pub figures: BTreeMap<String, Figure>,
    /// How several scenarios make one value.
    pub case: Case,
}

impl Aim {
    /// Paths of the figures of an aim, each once.
    pub fn paths(minimize: &Expression, subject_to: &[Condition]) -> Vec<String> {
        let mut paths: Vec<String> = minimize.paths().to_vec();
        paths.extend(subject_to.iter().flat_map(|condition| condition.paths().to_vec()));
        paths.sort();
        paths.dedup();
        paths
    }

    /// The value of a run (infinite where it is undefined or a condition does not hold), and whether its
    /// conditions hold.
    pub fn value(&self, summary: &Summary) -> (f64, bool) {
        let values: BTreeMap<&str, Option<f64>> = self
            .figures
            .iter()
            .map(|(path, figure)| {
                (path.as_str(), super::figure::values(std::slice::from_ref(figure), summary)[0])
            })
            .collect();
        let figure = |path: &str| values.get(path).copied().flatten();
        let holds = self.subject_to.iter().all(|condition| condition.holds(&figure));
        let value = self.minimize.value(&figure).unwrap_or(f64::INFINITY);
        (if holds { value } else { f64::INFINITY }, holds)
    }
}

/// Gives a scenario by its place with keys at values, or why it cannot have them.
pub type ScenarioWith<'a> =
    dyn Fn(usize, &[(String, String)]) -> Result<Arc<Scenario>, Vec<String>> + Sync + 'a;

/// What a search may use.
pub struct Means<'a> {
    /// The scenarios.
    pub scenario_with: &'a ScenarioWith<'a>,
    /// How many scenarios there are.
    pub scenarios: usize,
    /// How much may be done.
    pub limits: Limits,
    /// Threads; they change no result.
    pub threads: usize,
    /// Whether somebody asks to stop.
    pub is_over: &'a (dyn Fn() -> bool + Sync),
    /// Told after every round: runs made so far.
    pub progress: &'a (dyn Fn(usize) + Sync),
    /// Where runs are kept.
    pub store: &'a dyn RunStore,
}

/// Searches the space. Stopped before the end, it says what is best so far; `None` = it was stopped before there
/// was anything to say.
///
/// # Errors
///
/// Faults of a scenario with some setting.
pub fn tune(space: &Space, aim: &Aim, means: &Means<'_>) -> Result<Option<Verdict>, Vec<String>> {
    let mut runs = 0;
    let mut runner = |jobs: &[Job]| -> Result<Option<Vec<Outcome>>, Vec<String>> {
        if (means.is_over)() {
            return Ok(None);
        }
        let outcomes = pool::all(jobs, means.threads, |job| run_job(space, aim, means, job));
        runs += jobs.len();
        (means.progress)(runs);
        let outcomes: Result<Vec<Outcome>, Vec<String>> = outcomes.into_iter().collect();
        outcomes.map(Some)
    };
    let known = Known::new(space, aim.case, means.scenarios, means.limits.seeds_max);
    let mut search = Search::new(space, known, means.limits, &mut runner);
    let verdict = match search.best()? {
        Some((best, seeds)) => Verdict::of(&mut search, best, seeds)?,
        None => None,
    };
    Ok(verdict.or_else(|| Verdict::so_far(&search)))
}

/// One run: what came out, and with which other settings the same would; made only if it is not kept.
fn run_job(space: &Space, aim: &Aim, means: &Means<'_>, job: &Job) -> Result<Outcome, Vec<String>> {
    if let Some(kept) = means.store.recall(job) {
        return Ok(kept);
    }
    let outcome = make(space, aim, means, job)?;
    means.store.keep(job, &outcome);
    Ok(outcome)
}

fn make(space: &Space, aim: &Aim, means: &Means<'_>, job: &Job) -> Result<Outcome, Vec<String>> {
    let scenario = (means.scenario_with)(job.scenario, &space.written(&job.setting))?;
    let seed = scenario.seed + job.seed as u64;
    let scenario =
        if job.seed == 0 { scenario } else { Arc::new(Scenario { seed, ..Scenario::clone(&scenario) }) };
    let watch = Watch::over(space.watches(&job.setting));
    let found = run(&scenario, &watch)?;
    let (value, holds) = found.summary.as_ref().map_or((f64::INFINITY, false), |summary| aim.value(summary));
    Ok(Outcome { reaches: space.reaches(&job.setting, &watch.spans()), value, holds, digest: found.digest })
}

/// Settings in words, for messages.
pub fn in_words(space: &Space, setting: &Setting) -> String {
    let written = space.written(setting);
    let words: Vec<String> = written.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if words.is_empty() { "as the scenario has it".to_owned() } else { words.join(" ") }
}
