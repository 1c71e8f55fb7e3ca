//! `run`: simulates scenarios, writes their results folders, prints their reports.

use super::args::run::{OutputFormat, RunArguments};
use super::failure::Failure;
use super::recording::{Recorded, record};
use super::results::Folder;
use super::{DID_NOT_HOLD, interrupt, read};
use crate::experiment::running::Running;
use crate::report::chart::drawing::Drawing;
use crate::report::chart::memory_skew::memory_skew;
use crate::report::chart::node_memory::node_memory;
use crate::report::chart::paint::{png, svg};
use crate::report::chart::segment_moves::segment_moves;
use crate::report::content::Report;
use crate::report::json::summary_json;
use crate::report::text::text;
use crate::scenario::Scenario;
use crate::scenario::timeline::Happening;
use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Columns of the text report where the terminal does not say.
const REPORT_WIDTH: usize = 110;

/// Runs all scenarios given; all files are read before the first one runs.
///
/// # Errors
///
/// When a scenario cannot be read or placed, or a result not be written.
pub fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let mut scenarios = Vec::new();
    let mut faults = Vec::new();
    for path in &arguments.scenarios {
        match read::scenario(path, &arguments.scenario_options) {
            Ok(scenario) => scenarios.push((path, Arc::new(scenario))),
            Err(Failure::WrongInput(lines)) => faults.extend(lines),
            Err(failure) => return Err(failure),
        }
    }
    let mut names = BTreeSet::new();
    for (path, scenario) in &scenarios {
        if !names.insert(&scenario.name) {
            let name = &scenario.name;
            faults.push(format!(
                "{}: another scenario of this call is named \"{name}\" too; rename one",
                path.display()
            ));
        }
    }
    if !faults.is_empty() {
        return Err(Failure::WrongInput(faults));
    }
    let stop = interrupt::flag();
    let mut all_hold = true;
    for (path, scenario) in &scenarios {
        let target = match &arguments.output {
            None => PathBuf::from("out").join(&scenario.name),
            Some(output) if scenarios.len() == 1 => output.clone(),
            Some(output) => output.join(&scenario.name),
        };
        all_hold &= run_one(scenario, path, &target, arguments, &stop)?;
    }
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::from(DID_NOT_HOLD) })
}

/// Runs one scenario; whether all its expectations hold.
fn run_one(
    scenario: &Arc<Scenario>,
    path: &Path,
    target: &Path,
    arguments: &RunArguments,
    stop: &AtomicBool,
) -> Result<bool, Failure> {
    let running = Running::start(scenario).map_err(|faults| of_file(path, &faults))?;
    let folder = Folder::begin(target)?;
    let recorded = record(scenario, running, &folder, !arguments.no_events, stop);
    let recorded = recorded.map_err(|failure| match failure {
        Failure::WrongInput(faults) => of_file(path, &faults),
        failure => failure,
    })?;
    let Recorded { summary, story, curves, first, last } = &recorded;
    let warnings = &scenario.warnings;
    let report = Report { summary, story, curves, first, last, about: &scenario.story, warnings };
    write_plots(&report, &named_nodes(scenario), &folder, arguments.png)?;
    folder.write("summary.json", summary_json(summary).as_bytes())?;
    folder.publish()?;
    if !arguments.quiet {
        let printed = match arguments.format {
            OutputFormat::Text => {
                format!("{}\nResults: {}\n", text(&report, REPORT_WIDTH).trim_end(), target.display())
            }
            OutputFormat::Json => summary_json(summary),
        };
        stdout().write_all(printed.as_bytes()).map_err(Failure::printing)?;
    }
    Ok(summary.expectations.iter().all(|expectation| expectation.holds))
}

/// The faults of a file.
fn of_file(path: &Path, faults: &[String]) -> Failure {
    Failure::WrongInput(faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect())
}

fn write_plots(
    report: &Report<'_>,
    highlighted: &[i64],
    folder: &Folder,
    with_png: bool,
) -> Result<(), Failure> {
    let subtitle = report.subtitle();
    let input = report.plot_input(&subtitle, highlighted);
    let plots: [(&str, Drawing); 3] = [
        ("memory_skew", memory_skew(&input)),
        ("node_memory", node_memory(&input)),
        ("segment_moves", segment_moves(&input)),
    ];
    for (name, drawing) in &plots {
        folder.write(&format!("{name}.svg"), svg(drawing).as_bytes())?;
        if with_png {
            folder.write(&format!("{name}.png"), &png(drawing))?;
        }
    }
    Ok(())
}

/// Query nodes that the timeline speaks of: the plots name them also in a crowd.
fn named_nodes(scenario: &Scenario) -> Vec<i64> {
    let mut named = BTreeSet::new();
    for entry in &scenario.timeline {
        match &entry.happening {
            Happening::AddQueryNode { id }
            | Happening::ReturnQueryNode { id, .. }
            | Happening::StopQueryNode { id }
            | Happening::KillQueryNode { id }
            | Happening::SlowQueryNode { id, .. }
            | Happening::LoseHeartbeats { id, .. } => {
                named.insert(*id);
            }
            _ => {}
        }
    }
    named.into_iter().collect()
}
