//! A threshold map for programs: `threshold_map.json` and `threshold_map.csv`.

use super::MapReport;
use crate::report::figure::write_exact;

/// Indented by two blanks, a newline at the end.
///
/// # Panics
///
/// Never: every key is text, and writing into memory cannot fail.
pub fn json(report: &MapReport) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("all keys are text");
    text.push('\n');
    text
}

/// One row per interval or rectangle: of each key the least and the greatest value, both included.
///
/// # Panics
///
/// Never: writing into memory cannot fail.
pub fn csv(report: &MapReport) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut heading = vec!["scenario".to_owned()];
    for key in &report.keys {
        heading.extend([format!("{} from", key.key), format!("{} to", key.key)]);
    }
    let figures = [
        "course",
        "max_difference_end",
        "max_difference_peak",
        "max_difference_mean",
        "moves_completed",
        "moves_bytes",
        "net_zero_ratio",
        "first_settle_ms",
        "refused_loads",
        "failed_searches",
        "digest",
    ];
    heading.extend(figures.map(str::to_owned));
    let mut records = vec![heading];
    let exact = |value: Option<f64>| {
        let mut text = String::new();
        if let Some(value) = value {
            write_exact(&mut text, value);
        }
        text
    };
    let whole = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    for interval in &report.intervals {
        let course = &report.courses[interval.course - 1];
        let mut record = vec![report.scenario.clone()];
        for range in &interval.values {
            record.extend([range.from.clone(), range.to.clone()]);
        }
        record.extend([
            course.course.to_string(),
            exact(course.max_difference_end),
            exact(course.max_difference_peak),
            exact(course.max_difference_mean),
            whole(course.moves_completed),
            whole(course.moves_bytes),
            exact(course.net_zero_ratio),
            whole(course.first_settle_ms),
            whole(course.refused_loads),
            exact(course.failed_searches),
            course.digest.clone(),
        ]);
        records.push(record);
    }
    for record in records {
        writer.write_record(&record).expect("writing into memory cannot fail");
    }
    let bytes = writer.into_inner().expect("writing into memory cannot fail");
    String::from_utf8(bytes).expect("only texts were written")
}
