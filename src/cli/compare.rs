//! `compare`: scenarios under every combination of releases, balancers and keys, side by side.

use super::args::ScenarioOptions;
use super::args::compare::{CompareArguments, CompareFormat};
use super::failure::Failure;
use super::progress::Progress;
use super::{interrupt, read};
use crate::experiment::axis::Axis;
use crate::experiment::run_all::{Outcome, run_all};
use crate::experiment::variant::{Space, Variant};
use crate::report::chart::compared_skew::{ComparedRun, compared_skew};
use crate::report::chart::paint::svg;
use crate::report::compare::{Comparison, csv, json, text};
use crate::scenario::Scenario;
use crate::scenario::overrides::Overrides;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;
/// More combinations than anybody compares by eye.
const COMBINATIONS_MAX: usize = 1_000;

/// Compares every scenario given; everything is read before the first run.
///
/// # Errors
///
/// When an option or a scenario is wrong under some combination, or a result cannot be written.
pub fn run(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let space = space(arguments)?;
    let variants = space.variants();
    let common = read::overrides(&options(arguments))?;
    let mut scenarios = Vec::new();
    let mut faults = BTreeSet::new();
    for path in &arguments.scenarios {
        match read_variants(path, &variants, &common) {
            Ok(variants) => scenarios.push(variants),
            Err(Failure::WrongInput(lines)) => faults.extend(lines),
            Err(failure) => return Err(failure),
        }
    }
    let mut names = BTreeSet::new();
    for (path, of_file) in arguments.scenarios.iter().zip(&scenarios) {
        let name = &of_file[0].name;
        if faults.is_empty() && !names.insert(name) {
            let path = path.display();
            faults
                .insert(format!("{path}: another scenario of this call is named \"{name}\" too; rename one"));
        }
    }
    if !faults.is_empty() {
        return Err(Failure::WrongInput(faults.into_iter().collect()));
    }
    let threads = arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let runs = scenarios.iter().map(|of_file| of_file.len() as u64).sum();
    let done = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let (so_far, count) = (Arc::clone(&done), scenarios.len());
    interrupt::end_saying(move || {
        let [done, written] = [&so_far[0], &so_far[1]].map(|number| number.load(Ordering::Relaxed));
        format!("{done} of {runs} runs were done; the results of {written} of {count} scenarios are written")
    });
    let progress = Progress::new(runs, "runs", arguments.quiet);
    let told = || {
        done[0].fetch_add(1, Ordering::Relaxed);
        progress.advance();
    };
    for (position, (path, of_file)) in arguments.scenarios.iter().zip(&scenarios).enumerate() {
        let output = arguments.output.clone().unwrap_or_else(|| PathBuf::from("out/compare"));
        let target = if scenarios.len() == 1 { output } else { output.join(&of_file[0].name) };
        let outcomes = outcomes(path, of_file, threads, &told)?;
        let comparison = Comparison::new(&variants, &outcomes);
        write(&comparison, &outcomes, &target)?;
        if done[1].fetch_add(1, Ordering::Relaxed) + 1 == count as u64 {
            progress.finish();
        }
        print(&comparison, arguments, &target, position == 0)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn space(arguments: &CompareArguments) -> Result<Space, Failure> {
    let axes: Result<Vec<Axis>, String> = arguments.vary.iter().map(|text| Axis::parse(text)).collect();
    let axes = axes.map_err(|fault| Failure::WrongInput(vec![fault]))?;
    let space = Space { releases: arguments.milvus.clone(), balancers: arguments.balancers.clone(), axes };
    match space.count() {
        Some(count) if count <= COMBINATIONS_MAX => Ok(space),
        _ => {
            let fault = format!("more than {COMBINATIONS_MAX} combinations; vary fewer things");
            Err(Failure::WrongInput(vec![fault]))
        }
    }
}

fn options(arguments: &CompareArguments) -> ScenarioOptions {
    ScenarioOptions {
        milvus: None,
        balancer: None,
        exec_timeout: arguments.exec_timeout.clone(),
        milvus_yaml: arguments.milvus_yaml.clone(),
        settings: arguments.settings.clone(),
        seed: arguments.seed,
        until: arguments.until.clone(),
    }
}

/// The scenario under every variant; all faults of all variants, each once.
fn read_variants(
    path: &Path,
    variants: &[Variant],
    common: &Overrides,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    let (name, text) = read::text(path)?;
    let mut scenarios = Vec::new();
    let mut faults: Vec<String> = Vec::new();
    for variant in variants {
        match read::variant(&name, &text, common, variant) {
            Ok(scenario) => scenarios.push(scenario),
            Err(errors) => {
                for fault in errors {
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
    }
    if faults.is_empty() { Ok(scenarios) } else { Err(Failure::WrongInput(faults)) }
}

fn outcomes(
    path: &Path,
    scenarios: &[Arc<Scenario>],
    threads: usize,
    told: &(dyn Fn() + Sync),
) -> Result<Vec<Outcome>, Failure> {
    let outcomes: Result<Vec<Outcome>, Vec<String>> = run_all(scenarios, threads, told).into_iter().collect();
    outcomes.map_err(|faults| {
        Failure::WrongInput(faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect())
    })
}

/// Writes the plot and the table; the JSON file last, so that where it stands all is there.
fn write(comparison: &Comparison, outcomes: &[Outcome], target: &Path) -> Result<(), Failure> {
    fs::create_dir_all(target).map_err(Failure::writing(target))?;
    let labels: Vec<String> = comparison.runs.iter().map(|row| comparison.label(row)).collect();
    let pairs = labels.iter().zip(outcomes);
    let runs: Vec<ComparedRun<'_>> =
        pairs.map(|(label, outcome)| ComparedRun { label, course: &outcome.course }).collect();
    let plot = compared_skew(&comparison.scenario, &comparison.finding, comparison.duration_ms, &runs);
    read::write_whole(&target.join("memory_skew.svg"), svg(&plot))?;
    read::write_whole(&target.join("comparison.csv"), csv(comparison))?;
    read::write_whole(&target.join("comparison.json"), json(comparison))
}

/// Prints one comparison; the heading of a CSV table stands once, before the first.
fn print(
    comparison: &Comparison,
    arguments: &CompareArguments,
    target: &Path,
    is_first: bool,
) -> Result<(), Failure> {
    if arguments.quiet {
        return Ok(());
    }
    let printed = match arguments.format {
        CompareFormat::Text => {
            format!("{}Results: {}\n", text(comparison, REPORT_WIDTH), target.display())
        }
        CompareFormat::Json => json(comparison),
        CompareFormat::Csv if is_first => csv(comparison),
        CompareFormat::Csv => csv(comparison).split_inclusive('\n').skip(1).collect(),
    };
    stdout().write_all(printed.as_bytes()).map_err(Failure::printing)
}
