//! `sweep --vary KEY=exact:a..b`: every breakpoint of a key, or the map of two, with its plot.

use super::args::ScenarioOptions;
use super::failure::Failure;
use super::{INTERRUPTED, read};
use crate::experiment::threshold_map::axis::ExactAxis;
use crate::experiment::threshold_map::{Effort, map};
use crate::report::chart::paint::{png, svg};
use crate::report::chart::threshold_map::threshold_map;
use crate::report::threshold_map::{MapReport, files, text};
use crate::scenario::overrides::Overrides;
use crate::scenario::{self, Scenario};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;
/// Keys of one map.
const KEYS_MAX: usize = 2;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct MapCall<'a> {
    /// The one scenario.
    pub scenario: &'a Path,
    /// `KEY=exact:a..b`, once or twice.
    pub vary: &'a [String],
    /// What is the same for all runs.
    pub options: &'a ScenarioOptions,
    /// Most runs to find the intervals.
    pub runs_max: usize,
    /// Runs at the same time.
    pub threads: usize,
    /// Results folder.
    pub output: &'a Path,
    /// Whether the plot is written as PNG too.
    pub png: bool,
    /// What is printed.
    pub printed: Printed,
}

/// What is printed; the files are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// The table.
    Text,
    /// What threshold_map.json says.
    Json,
    /// What threshold_map.csv says.
    Csv,
    /// Nothing.
    Nothing,
}

/// Finds the map, writes its files and prints it.
///
/// # Errors
///
/// When an option or the scenario is wrong, or a result cannot be written.
pub fn run(call: &MapCall<'_>, stop: &dyn Fn() -> bool) -> Result<ExitCode, Failure> {
    let wrong = |fault: String| Failure::WrongInput(vec![fault]);
    if call.vary.len() > KEYS_MAX {
        return Err(wrong("a map has one key or two; give the others one value each with --set".to_owned()));
    }
    let common = read::overrides(call.options)?;
    let (name, text) = read::text(call.scenario)?;
    let given = parse(&name, &text, &common, &[]).map_err(Failure::WrongInput)?;
    let axes: Result<Vec<ExactAxis>, String> =
        call.vary.iter().map(|one| ExactAxis::parse(one, given.release)).collect();
    let axes = axes.map_err(wrong)?;
    if let [first, second] = axes.as_slice()
        && first.key == second.key
    {
        return Err(wrong(format!("{} is varied twice; keep one of them", first.key)));
    }
    let here = axes.iter().map(|axis| axis.given(&given)).collect();
    let scenario_with = |settings: &[(String, String)]| parse(&name, &text, &common, settings);
    let effort = Effort { runs_max: call.runs_max, threads: call.threads };
    let map = map(&axes, here, &scenario_with, effort, &|| stop()).map_err(Failure::WrongInput)?;
    if stop() {
        eprintln!("evenkeel: interrupted; no results are written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let report = MapReport::new(&map, &given);
    write(&report, call)?;
    let printed = match call.printed {
        Printed::Text => {
            format!("{}Results: {}\n", text::text(&report, REPORT_WIDTH), call.output.display())
        }
        Printed::Json => files::json(&report),
        Printed::Csv => files::csv(&report),
        Printed::Nothing => String::new(),
    };
    super::print(&printed)
}

/// The scenario with the keys at the values written.
fn parse(
    name: &str,
    text: &str,
    common: &Overrides,
    settings: &[(String, String)],
) -> Result<Arc<Scenario>, Vec<String>> {
    let mut overrides = common.clone();
    overrides.settings.extend(settings.iter().cloned());
    let parsed = scenario::parse(text, name, &overrides);
    parsed.map(Arc::new).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The plot and the table; the JSON file last, so that where it stands all is there.
fn write(report: &MapReport, call: &MapCall<'_>) -> Result<(), Failure> {
    fs::create_dir_all(call.output).map_err(Failure::writing(call.output))?;
    let path = |file: &str| -> PathBuf { call.output.join(file) };
    let plot = threshold_map(report);
    read::write_whole(&path("threshold_map.svg"), svg(&plot))?;
    if call.png {
        read::write_whole(&path("threshold_map.png"), png(&plot))?;
    }
    read::write_whole(&path("threshold_map.csv"), files::csv(report))?;
    read::write_whole(&path("threshold_map.json"), files::json(report))
}
