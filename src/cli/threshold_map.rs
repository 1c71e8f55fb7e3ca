//! `sweep --vary KEY=exact:a..b`: every breakpoint of a key, or the map of two, with its plot.

use super::args::sweep::{SweepArguments, SweepFormat};
use super::failure::Failure;
use super::{INTERRUPTED, interrupt, read};
use crate::experiment::threshold_map::axis::ExactAxis;
use crate::experiment::threshold_map::{Effort, map};
use crate::experiment::variant::Variant;
use crate::report::chart::paint::{png, svg};
use crate::report::chart::threshold_map::threshold_map;
use crate::report::threshold_map::{MapReport, files, text};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;
/// Keys of one map.
const KEYS_MAX: usize = 2;

/// Finds the map, writes its files and prints it.
///
/// # Errors
///
/// When an option or the scenario is wrong, or a result cannot be written.
pub fn run(arguments: &SweepArguments) -> Result<ExitCode, Failure> {
    let wrong = |fault: String| Failure::WrongInput(vec![fault]);
    let path = scenario_of(arguments).map_err(wrong)?;
    let common = read::overrides(&arguments.scenario_options)?;
    let (name, text) = read::text(path)?;
    let given = read::variant(&name, &text, &common, &Variant::default()).map_err(Failure::WrongInput)?;
    if let Some(program) = &given.program {
        return Err(wrong(format!(
            "{} compares out of sight, so no breakpoint can be told; sweep the key with a..b:step",
            program.name
        )));
    }
    let axes: Result<Vec<ExactAxis>, String> =
        arguments.vary.iter().map(|one| ExactAxis::parse(one, given.release)).collect();
    let axes = axes.map_err(wrong)?;
    if let [first, second] = axes.as_slice()
        && first.key == second.key
    {
        return Err(wrong(format!("{} is varied twice; keep one of them", first.key)));
    }
    let here = axes.iter().map(|axis| axis.given(&given)).collect();
    let scenario_with =
        |settings: &[(String, String)]| read::variant(&name, &text, &common, &Variant::of(settings));
    let threads = arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let runs_max = usize::try_from(arguments.max_runs).unwrap_or(usize::MAX);
    let stop = interrupt::flag();
    let is_over = || stop.load(Ordering::SeqCst);
    let map = map(&axes, here, &scenario_with, Effort { runs_max, threads }, &is_over);
    let map = map.map_err(Failure::WrongInput)?;
    let is_stopped = is_over();
    if is_stopped && map.searched == 0 {
        eprintln!("evenkeel: interrupted before anything was known; no results are written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let report = MapReport::new(&map, &given);
    let output = &arguments.output;
    write(&report, &output.output, output.png)?;
    let printed = match output.format {
        _ if output.quiet => String::new(),
        SweepFormat::Text => {
            format!("{}Results: {}\n", text::text(&report, REPORT_WIDTH), output.output.display())
        }
        SweepFormat::Json => files::json(&report),
        SweepFormat::Csv => files::csv(&report),
    };
    let code = super::print(&printed)?;
    if is_stopped {
        eprintln!("evenkeel: interrupted; what was found so far is in {}", output.output.display());
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(code)
}

/// The one scenario of a map, when nothing is asked that a map cannot do.
fn scenario_of(arguments: &SweepArguments) -> Result<&Path, String> {
    let [path] = arguments.scenarios.as_slice() else {
        return Err("exact:a..b is of one scenario; give one at a time".to_owned());
    };
    if arguments.vary.len() > KEYS_MAX {
        return Err("a map has one key or two; give the others one value each with --set".to_owned());
    }
    if let Some(other) = arguments.vary.iter().find(|text| !ExactAxis::is_asked(text)) {
        return Err(format!("--vary {other}: beside exact:a..b every key of a map is written so"));
    }
    if arguments.seeds > 1 || arguments.shard.is_some() || !arguments.figures.is_empty() {
        return Err("exact:a..b is of one seed, whole, with its own figures: leave --seeds, --shard and --figure out, and choose the seed with --seed".to_owned());
    }
    Ok(path)
}

/// The plot and the table; the JSON file last, so that where it stands all is there.
fn write(report: &MapReport, folder: &Path, with_png: bool) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let plot = threshold_map(report);
    read::write_whole(&folder.join("threshold_map.svg"), svg(&plot))?;
    if with_png {
        read::write_whole(&folder.join("threshold_map.png"), png(&plot))?;
    }
    read::write_whole(&folder.join("threshold_map.csv"), files::csv(report))?;
    read::write_whole(&folder.join("threshold_map.json"), files::json(report))
}
