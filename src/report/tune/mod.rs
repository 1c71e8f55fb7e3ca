//! What `tune` found: the verdict for people and programs, and the milvus.yaml to paste.

pub mod text;

use crate::experiment::student::Mean;
use crate::experiment::tune::Aim;
use crate::experiment::tune::known::Case;
use crate::experiment::tune::space::{Setting, Space};
use crate::experiment::tune::verdict::{Rated, Verdict};
use crate::scenario::Scenario;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// All that is shown of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TuneReport {
    /// Version of this form: 1.
    pub format: u32,
    /// Names of the scenarios.
    pub scenarios: Vec<String>,
    /// How several of them make one value: `worst` or `mean`.
    pub case: &'static str,
    /// What was to be made small.
    pub minimize: String,
    /// What had to hold.
    pub subject_to: Vec<String>,
    /// Wanted confidence.
    pub confidence: f64,
    /// The best setting; of equal ones the one that changes least.
    pub best: SettingRow,
    /// Whether the conditions hold with it in every run.
    pub holds: bool,
    /// The scenarios as they are.
    pub given: SettingRow,
    /// Whether the conditions hold there.
    pub given_holds: bool,
    /// What the best gains over the scenarios as they are.
    pub gain: Option<Interval>,
    /// The next best that is not always equal.
    pub rival: Option<SettingRow>,
    /// Whether the best is clearly better than that at the wanted confidence.
    pub is_clear: bool,
    /// Settings that were equal under every seed.
    pub equals: usize,
    /// Those of them that do the very same things.
    pub same_runs: usize,
    /// Of each key the least and greatest value that is equal while all others stay at their best.
    pub equal_values: BTreeMap<String, [String; 2]>,
    /// The best settings with different values.
    pub top: Vec<SettingRow>,
    /// What each key has to do with it.
    pub keys: Vec<KeyRow>,
    /// Seeds under which the best was run.
    pub seeds: usize,
    /// Runs made.
    pub runs: usize,
    /// Settings of the grid.
    pub settings: usize,
    /// Settings whose value under the first seed is known.
    pub explored: usize,
    /// Whether somebody stopped the search.
    pub is_stopped: bool,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingRow {
    /// Keys with their values; a key left out is as the scenario has it.
    pub values: BTreeMap<String, String>,
    /// Mean value over the seeds; `None` = undefined, or a condition does not hold.
    pub mean: Option<f64>,
    /// How much worse it is than the best.
    pub behind: Option<Interval>,
}

/// A mean with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end; `None` with one seed.
    pub low: Option<f64>,
    /// Upper end; `None` with one seed.
    pub high: Option<f64>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyRow {
    /// Its name.
    pub key: String,
    /// Whether runs tell with which of its values they would be the same.
    pub is_exact: bool,
    /// Share of the variance that its values explain alone.
    pub share: Option<f64>,
    /// What it costs to put it alone back to where the scenarios have it.
    pub regret: Option<Interval>,
}

impl TuneReport {
    /// The report of a verdict.
    pub fn new(
        given: &[Arc<Scenario>],
        space: &Space,
        aim: &Aim,
        verdict: &Verdict,
        confidence: f64,
    ) -> TuneReport {
        let row = |rated: &Rated| SettingRow {
            values: space.written(&rated.setting).into_iter().collect(),
            mean: Some(rated.mean).filter(|mean| mean.is_finite()),
            behind: rated.behind.and_then(interval),
        };
        let keys = space.keys.iter().zip(&verdict.roles).map(|(key, role)| KeyRow {
            key: key.key.clone(),
            is_exact: key.watched.is_some(),
            share: role.share,
            regret: role.regret.and_then(interval),
        });
        TuneReport {
            format: 1,
            scenarios: given.iter().map(|scenario| scenario.name.clone()).collect(),
            case: match aim.case {
                Case::Worst => "worst",
                Case::Mean => "mean",
            },
            minimize: aim.minimize.text().to_owned(),
            subject_to: aim.subject_to.iter().map(|condition| condition.text().to_owned()).collect(),
            confidence,
            best: row(&verdict.best),
            holds: verdict.holds,
            given: row(&verdict.given),
            given_holds: verdict.given_holds,
            gain: verdict.given.behind.and_then(interval),
            rival: verdict.rival.as_ref().map(row),
            is_clear: verdict.is_clear,
            equals: verdict.equals.len(),
            same_runs: verdict.same_runs,
            equal_values: equal_values(space, &verdict.best.setting, &verdict.equals),
            top: verdict.top.iter().map(row).collect(),
            keys: keys.collect(),
            seeds: verdict.seeds,
            runs: verdict.runs,
            settings: space.count(),
            explored: verdict.explored,
            is_stopped: verdict.is_stopped,
        }
    }
}

/// `None` where a side is undefined.
fn interval(mean: Mean) -> Option<Interval> {
    let end = |sign: f64| mean.reach.map(|reach| mean.mean + sign * reach).filter(|end| end.is_finite());
    mean.mean.is_finite().then(|| Interval { mean: mean.mean, low: end(-1.0), high: end(1.0) })
}

fn equal_values(space: &Space, best: &[usize], equals: &[Setting]) -> BTreeMap<String, [String; 2]> {
    let ends = |place: usize| {
        let only =
            |setting: &&Setting| (0..best.len()).all(|other| other == place || setting[other] == best[other]);
        let values = equals.iter().filter(only).map(|setting| setting[place]);
        let (least, greatest) = (values.clone().min()?, values.max()?);
        let key = &space.keys[place];
        Some((key.key.clone(), [key.values.get(least)?.clone(), key.values.get(greatest)?.clone()]))
    };
    (0..space.keys.len()).filter_map(ends).collect()
}

/// `tune.json`: indented by two blanks, a newline at the end.
///
/// # Panics
///
/// Never: every key is text, and writing into memory cannot fail.
pub fn json(report: &TuneReport) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("all keys are text");
    text.push('\n');
    text
}

/// The best values of Milvus's keys, nested as Milvus's own file has them; fields of the scenario as a comment.
pub fn yaml(report: &TuneReport) -> String {
    let names = report.scenarios.join(", ");
    let so_far = if report.is_stopped { " so far, of a search that was interrupted," } else { "" };
    let mut text =
        format!("# Best{so_far} of {} settings for {names}: least {}\n", report.settings, report.minimize);
    for (field, value) in report.best.values.iter().filter(|(key, _)| key.starts_with('/')) {
        let _ = writeln!(text, "# {field} of the scenario: {value}");
    }
    // Keys come in order, so that those of one branch stand together.
    let mut open: Vec<&str> = Vec::new();
    for (key, value) in report.best.values.iter().filter(|(key, _)| !key.starts_with('/')) {
        let parts: Vec<&str> = key.split('.').collect();
        let (leaf, branches) = parts.split_last().expect("a key has a part");
        let common = open.iter().zip(branches).take_while(|(one, other)| one == other).count();
        open.truncate(common);
        for branch in &branches[common..] {
            let _ = writeln!(text, "{}{branch}:", "  ".repeat(open.len()));
            open.push(branch);
        }
        let _ = writeln!(text, "{}{leaf}: {value}", "  ".repeat(open.len()));
    }
    text
}
