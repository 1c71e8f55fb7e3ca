//! What `tune` found: the verdict for people and programs, and the milvus.yaml to paste.

use super::columns::{Align, Columns, wrapped};
use super::figure::{count, counted, percent};
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

/// What is said of a search that somebody stopped.
const STOPPED: &str =
    "Interrupted: this is the best so far, and better settings may not have been tried yet.";

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
    let mut text = format!("# Best of {} settings for {names}: least {}\n", report.settings, report.minimize);
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

/// The verdict in lines of about `width` letters.
pub fn text(report: &TuneReport, width: usize) -> String {
    let mut lines = wrapped(&headline(report), width);
    if report.is_stopped {
        lines.extend(wrapped(STOPPED, width));
    }
    for condition in &report.subject_to {
        lines.push(format!("subject to {condition}"));
    }
    lines.push(String::new());
    lines.extend(values_table(report).lines(width));
    lines.push(String::new());
    lines.extend(wrapped(&gain(report), width));
    lines.extend(wrapped(&sureness(report), width));
    if report.top.len() > 1 {
        lines.push(String::new());
        lines.extend(top_table(report).lines(usize::MAX));
    }
    lines.push(String::new());
    lines.extend(wrapped(&effort(report), width));
    lines.push(String::new());
    lines.push("For milvus.yaml:".to_owned());
    lines.extend(yaml(report).lines().skip(1).map(|line| format!("  {line}").trim_end().to_owned()));
    lines.join("\n") + "\n"
}

fn headline(report: &TuneReport) -> String {
    let names = report.scenarios.join(", ");
    let settings = counted(report.settings as u64, "setting");
    let case = match report.scenarios.len() {
        1 => String::new(),
        _ => format!(", the {} of {}", report.case, counted(report.scenarios.len() as u64, "scenario")),
    };
    if report.holds {
        format!("{names}: the best of {settings} for the least {}{case}", report.minimize)
    } else {
        format!("{names}: no setting was found with which every condition holds in every run{case}")
    }
}

/// Of every key the best value, where it could lie as well, and how much it matters.
fn values_table(report: &TuneReport) -> Columns {
    let mut columns = Columns::new(&[Align::Left, Align::Right, Align::Left, Align::Right, Align::Left]);
    let heading = ["key", "best", "equally good", "explains", "put back alone it costs"];
    columns.row(heading.map(str::to_owned).to_vec());
    for key in &report.keys {
        let best = report.best.values.get(&key.key).cloned().unwrap_or_else(|| "as it is".to_owned());
        let equal = report.equal_values.get(&key.key).map_or_else(String::new, |[least, greatest]| {
            if least == greatest { String::new() } else { format!("{least}..{greatest}") }
        });
        let share = key.share.map_or_else(|| "-".to_owned(), percent);
        let regret = match &key.regret {
            None => "more than can be said".to_owned(),
            Some(regret) if regret.mean == 0.0 => "nothing".to_owned(),
            Some(regret) => with_interval(regret),
        };
        columns.row(vec![key.key.clone(), best, equal, share, regret]);
    }
    columns
}

fn gain(report: &TuneReport) -> String {
    let seeds = counted(report.seeds as u64, "seed");
    if report.holds && report.best.mean.is_none() {
        return format!(
            "{} is undefined in every run, under {seeds}: there is nothing that one setting could do better than \
             another.",
            report.minimize
        );
    }
    let best = report.best.mean.map_or_else(|| "undefined".to_owned(), number);
    let given = match (report.given_holds, report.given.mean) {
        (false, _) => "a condition does not hold".to_owned(),
        (true, None) => "it is undefined".to_owned(),
        (true, Some(mean)) => format!("it is {}", number(mean)),
    };
    let gain = match &report.gain {
        Some(gain) if gain.mean == 0.0 => "; nothing is gained".to_owned(),
        Some(gain) => {
            format!("; the gain is {} at {} confidence", with_interval(gain), percent(report.confidence))
        }
        None => String::new(),
    };
    format!("Mean over {seeds}: {best}; with the scenario's own values {given}{gain}.")
}

/// How sure it is that nothing better is there.
fn sureness(report: &TuneReport) -> String {
    let mut sentences = Vec::new();
    if report.settings > 1 && report.equals == report.settings && report.same_runs == report.equals {
        return format!(
            "Nothing differs: with all {} the runs are the very same, since nothing ever happens there that these \
             keys decide. The setting that changes least is named, and any other would do as well.",
            counted(report.settings as u64, "setting")
        );
    }
    if report.equals > 1 {
        let same = if report.same_runs == report.equals {
            "they do the very same things".to_owned()
        } else {
            format!("{} of them do the very same things", count(report.same_runs as u64))
        };
        sentences.push(format!(
            "{} are equally good under every seed, and {same}; the one that changes least is named.",
            counted(report.equals as u64, "setting")
        ));
    }
    match (&report.rival, report.is_clear) {
        (None, _) => sentences.push("No other value was found.".to_owned()),
        (Some(rival), is_clear) => {
            let behind = rival
                .behind
                .as_ref()
                .map_or_else(|| "worse".to_owned(), |behind| format!("behind by {}", with_interval(behind)));
            let clear = if is_clear { "clearly" } else { "not clearly told apart, " };
            let joint = if is_clear { " " } else { "" };
            sentences.push(format!("The next best is {clear}{joint}{behind}."));
        }
    }
    sentences.join(" ")
}

fn top_table(report: &TuneReport) -> Columns {
    let mut aligns = vec![Align::Right; report.keys.len() + 1];
    aligns.push(Align::Left);
    let mut columns = Columns::new(&aligns);
    let short = |key: &String| key.rsplit('.').next().unwrap_or(key).to_owned();
    let mut heading: Vec<String> = report.keys.iter().map(|key| short(&key.key)).collect();
    heading.extend(["mean".to_owned(), "behind the best by".to_owned()]);
    columns.row(heading);
    for row in &report.top {
        let mut fields: Vec<String> = report
            .keys
            .iter()
            .map(|key| row.values.get(&key.key).cloned().unwrap_or_else(|| "as it is".to_owned()))
            .collect();
        fields.push(row.mean.map_or_else(|| "-".to_owned(), number));
        fields.push(match &row.behind {
            Some(behind) if behind.mean == 0.0 && behind.low.is_none_or(|low| low == 0.0) => String::new(),
            Some(behind) => with_interval(behind),
            None => "-".to_owned(),
        });
        columns.row(fields);
    }
    columns
}

fn effort(report: &TuneReport) -> String {
    let whole = report.settings as u64 * report.seeds as u64 * report.scenarios.len() as u64;
    let exact: Vec<&str> =
        report.keys.iter().filter(|key| key.is_exact).map(|key| key.key.as_str()).collect();
    let mut sentence = format!(
        "{} instead of {} for the whole grid; {} of {} known under the first seed.",
        counted(report.runs as u64, "run"),
        count(whole),
        count(report.explored as u64),
        counted(report.settings as u64, "setting"),
    );
    if !exact.is_empty() {
        sentence.push_str(&format!(
            " A run stands for all values of {} that change none of its comparisons.",
            exact.join(" and ")
        ));
    }
    sentence
}

fn with_interval(interval: &Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) if number(low) != number(high) => {
            format!("{} ({} to {})", number(interval.mean), number(low), number(high))
        }
        _ => number(interval.mean),
    }
}

/// A value of an aim, whatever its size, with four digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e6).contains(&size) {
        let before = libm::log10(size).floor() as i32;
        let decimals = usize::try_from(3 - before).unwrap_or(0);
        let text = format!("{value:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_have_four_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (0.123_456, "0.1235"),
            (12.0, "12"),
            (1234.5, "1234"),
            (3.5e9, "3.500e9"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
