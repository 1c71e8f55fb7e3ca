//! What `tune` found, for people.

use super::{Interval, TuneReport, yaml};
use crate::report::columns::{Align, Columns, wrapped};
use crate::report::figure::{count, counted, percent};

/// What is said of a search that somebody stopped.
const STOPPED: &str =
    "Interrupted: this is the best so far, and better settings may not have been tried yet.";

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
        Some(gain) if gain.mean < 0.0 => {
            let ahead = Interval {
                mean: -gain.mean,
                low: gain.high.map(|high| -high),
                high: gain.low.map(|low| -low),
            };
            format!(", better by {} than every setting tried: keep them", with_interval(&ahead))
        }
        Some(gain) if gain.low.is_none() => {
            format!("; the gain is {}, and one seed says nothing of chance", with_interval(gain))
        }
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
        if report.gain.is_some_and(|gain| gain.mean != 0.0) {
            return format!(
                "With all {} the runs are the very same, and other ones than with the scenario's own values.",
                counted(report.settings as u64, "setting")
            );
        }
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
