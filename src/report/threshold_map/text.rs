//! A threshold map for people.

use super::{CourseRow, MapReport, short};
use crate::report::columns::{Align, Columns, wrapped};
use crate::report::figure::{counted, ratio};
use crate::units::{SimDuration, format_bytes};

/// Boxes shown at most; the files have all.
const ROWS_MAX: usize = 40;

/// The map in lines of about `width` letters.
pub fn text(report: &MapReport, width: usize) -> String {
    let mut lines = wrapped(&format!("{}: {}", report.scenario, report.finding), width);
    for key in &report.keys {
        let given = key.given.as_ref().map_or_else(
            || "the scenario stands outside of it".to_owned(),
            |given| format!("the scenario stands at {given}"),
        );
        lines.extend(wrapped(&format!("{} from {} to {}; {given}.", key.key, key.from, key.to), width));
    }
    lines.push(String::new());
    lines.extend(table(report).lines(usize::MAX));
    if report.intervals.len() > ROWS_MAX {
        lines.push(format!("  ... and {} more, in threshold_map.csv", report.intervals.len() - ROWS_MAX));
    }
    lines.push(String::new());
    lines.extend(wrapped(&effort(report), width));
    if !report.is_finished {
        let open: Vec<String> = report.open.iter().take(8).map(|values| words(values)).collect();
        let more = if report.open.len() > 8 { " and more" } else { "" };
        let open = format!(
            "Unfinished: nothing is known of {}{more}. Give --max-runs more, or a narrower range.",
            open.join(", ")
        );
        lines.extend(wrapped(&open, width));
    }
    for note in &report.notes {
        lines.extend(wrapped(note, width));
    }
    lines.join("\n") + "\n"
}

fn words(values: &[super::RangeRow]) -> String {
    values.iter().map(|range| range.text.as_str()).collect::<Vec<_>>().join(" x ")
}

fn table(report: &MapReport) -> Columns {
    let mut aligns = vec![Align::Left; report.keys.len()];
    aligns.extend([Align::Right; 9]);
    aligns.push(Align::Left);
    let mut columns = Columns::new(&aligns);
    let mut heading: Vec<String> = report.keys.iter().map(|key| short(&key.key).to_owned()).collect();
    let figures =
        ["course", "end", "peak", "mean", "moves", "bytes", "net-zero", "settles", "refused loads", ""];
    heading.extend(figures.map(str::to_owned));
    columns.row(heading);
    for interval in report.intervals.iter().take(ROWS_MAX) {
        let mut row: Vec<String> = interval.values.iter().map(|range| range.text.clone()).collect();
        row.extend(fields(&report.courses[interval.course - 1]));
        row.push(if interval.is_here { "<- here".to_owned() } else { String::new() });
        columns.row(row);
    }
    columns
}

fn fields(course: &CourseRow) -> Vec<String> {
    let Some(moves) = course.moves_completed else {
        let mut fields = vec![course.course.to_string(), "not placed".to_owned()];
        fields.resize(9, String::new());
        return fields;
    };
    let settles = match course.first_settle_ms {
        Some(ms) => SimDuration::from_ms(ms).to_string(),
        None => "never".to_owned(),
    };
    vec![
        course.course.to_string(),
        ratio(course.max_difference_end),
        ratio(course.max_difference_peak),
        ratio(course.max_difference_mean),
        moves.to_string(),
        format_bytes(course.moves_bytes.unwrap_or(0)),
        ratio(course.net_zero_ratio),
        settles,
        course.refused_loads.unwrap_or(0).to_string(),
    ]
}

/// What it took, and how sure it is.
fn effort(report: &MapReport) -> String {
    let mut sentence = format!(
        "end, peak, mean: max_difference. Found with {}, seed {}, {} simulated each",
        counted(report.runs_to_find as u64, "run"),
        report.seed,
        SimDuration::from_ms(report.duration_ms)
    );
    let by_values: Vec<&str> =
        report.keys.iter().filter(|key| key.method == "values").map(|key| short(&key.key)).collect();
    if by_values.is_empty() {
        sentence.push_str(", each of which stands for all values that change none of its comparisons");
    } else {
        sentence.push_str(&format!(", one for each value of {}", by_values.join(" and ")));
    }
    sentence.push('.');
    if report.runs_to_verify > 0 {
        let verified = counted(report.runs_to_verify as u64, "more run");
        sentence.push_str(&format!(" {verified} saw that the values next to every breakpoint differ."));
    }
    let joined = report.told_apart.saturating_sub(report.intervals.len());
    if report.keys.len() == 1 && joined > 0 {
        sentence.push_str(&format!(
            " {} between them where a comparison comes out otherwise and nothing else does.",
            if joined == 1 { "There is 1 bound".to_owned() } else { format!("There are {joined} bounds") }
        ));
    }
    sentence
}
