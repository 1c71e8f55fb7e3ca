//! `check`: scenarios as tests, with their expectations and what was kept of them.

use super::args::ScenarioOptions;
use super::args::check::{CheckArguments, CheckFormat};
use super::failure::Failure;
use super::progress::Progress;
use super::{DID_NOT_HOLD, interrupt, read};
use crate::experiment::baseline::{Baseline, SEEDS};
use crate::experiment::check::{Case, Checked, check};
use crate::experiment::running::Running;
use crate::report::check::{Entry, json, markdown, text};
use crate::report::junit::junit;
use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

/// Checks all scenarios given; everything is read before the first run.
///
/// # Errors
///
/// When the call, a scenario or a baseline is wrong, or a result cannot be written.
pub fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    if arguments.bless {
        refuse_changes(&arguments.scenario_options)?;
    }
    let mut cases = Vec::new();
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for path in scenario_files(&arguments.paths)? {
        match read_case(&path, arguments) {
            Ok(case) => {
                cases.push(case);
                files.push(path);
            }
            Err(Failure::WrongInput(lines)) => faults.extend(lines),
            Err(failure) => return Err(failure),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::WrongInput(faults));
    }
    let threads = arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let runs: u64 = cases.iter().map(Case::runs).sum();
    let progress = Progress::new(runs, "runs", arguments.quiet);
    let left = Arc::new(Mutex::new(cases.iter().map(Case::runs).collect::<Vec<u64>>()));
    let so_far = Arc::clone(&left);
    interrupt::end_saying(move || how_far(runs, &so_far.lock().unwrap_or_else(PoisonError::into_inner)));
    let checked = check(&cases, threads, &Running::start, &|case| {
        left.lock().unwrap_or_else(PoisonError::into_inner)[case] -= 1;
        progress.advance();
    });
    progress.finish();
    let mut entries = Vec::new();
    for ((path, case), checked) in files.iter().zip(&cases).zip(checked) {
        match checked {
            Ok(checked) => entries.push(entry(path, case, checked)),
            Err(texts) => faults.extend(texts.iter().map(|fault| format!("{}: {fault}", path.display()))),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::WrongInput(faults));
    }
    if arguments.bless {
        for (path, entry) in files.iter().zip(&mut entries) {
            entry.is_renewed = keep(path, &entry.checked)?;
        }
    }
    tell(&entries, arguments)?;
    let all_hold = entries.iter().all(Entry::holds);
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::from(DID_NOT_HOLD) })
}

/// What an interrupt leaves: `left` = runs still to be done of each scenario.
fn how_far(runs: u64, left: &[u64]) -> String {
    let whole = left.iter().filter(|left| **left == 0).count();
    format!(
        "{} of {runs} runs were done, all those of {whole} of {} scenarios; nothing is judged, and nothing is kept",
        runs - left.iter().sum::<u64>(),
        left.len()
    )
}

/// A baseline is of the scenario as its file says it.
fn refuse_changes(options: &ScenarioOptions) -> Result<(), Failure> {
    let given = [
        ("--milvus", options.milvus.is_some()),
        ("--balancer", options.balancer.is_some()),
        ("--milvus-yaml", !options.milvus_yaml.is_empty()),
        ("--set", !options.settings.is_empty()),
        ("--seed", options.seed.is_some()),
        ("--until", options.until.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            let fault = format!(
                "--bless keeps what a scenario does as its file says; leave {option} out, or change the file"
            );
            Err(Failure::WrongInput(vec![fault]))
        }
    }
}

/// The scenario files of all paths: of a folder its JSON files by name.
fn scenario_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let unreadable = |cause| Failure::Unreadable { path: path.clone(), cause };
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() && file.extension().is_some_and(|ending| ending == "json") {
                files.push(file);
            }
        }
        if files.is_empty() {
            let fault = format!("{}: no *.json in this folder; give scenario files", path.display());
            return Err(Failure::WrongInput(vec![fault]));
        }
        files.sort();
        all.extend(files);
    }
    Ok(all)
}

/// Where the baseline of a scenario file is kept.
fn baseline_path(scenario: &Path) -> PathBuf {
    let name = scenario.file_name().unwrap_or_default();
    scenario.parent().unwrap_or(Path::new("")).join("baselines").join(name)
}

fn read_case(path: &Path, arguments: &CheckArguments) -> Result<Case, Failure> {
    // Expectations are about the scenario's own seed, so --seed is for the figures alone.
    let options = ScenarioOptions { seed: None, ..arguments.scenario_options.clone() };
    let scenario = Arc::new(read::scenario(path, &options)?);
    let first_seed = arguments.scenario_options.seed;
    let kept = baseline_path(path);
    let baseline = match kept.is_file() {
        false => None,
        true => {
            let (name, text) = read::text(&kept)?;
            match Baseline::parse(&text) {
                Ok(baseline) => Some(baseline),
                // What cannot be read is what --bless is there to replace.
                Err(_) if arguments.bless => None,
                Err(fault) => {
                    let remedy = "renew it with check --bless";
                    return Err(Failure::WrongInput(vec![format!("{name}: {fault}; {remedy}")]));
                }
            }
        }
    };
    let seeds = match (arguments.seeds, &baseline) {
        (Some(seeds), _) => seeds,
        (None, Some(baseline)) => u32::try_from(baseline.seeds()).unwrap_or(SEEDS),
        (None, None) if arguments.bless => SEEDS,
        // Without figures to hold against, the expectations are all there is to judge.
        (None, None) => 1,
    };
    let first_seed = first_seed.unwrap_or(scenario.seed);
    Ok(Case { scenario, baseline, first_seed, seeds })
}

fn entry(path: &Path, case: &Case, checked: Checked) -> Entry {
    let name = case.scenario.name.clone();
    Entry { path: path.display().to_string(), name, checked, is_renewed: false }
}

/// Keeps the figures of this run; whether that changes the file.
fn keep(path: &Path, checked: &Checked) -> Result<bool, Failure> {
    let target = baseline_path(path);
    let text = checked.measured.to_json();
    if fs::read_to_string(&target).is_ok_and(|kept| kept == text) {
        return Ok(false);
    }
    let folder = target.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    read::write_whole(&target, &text)?;
    Ok(true)
}

fn tell(entries: &[Entry], arguments: &CheckArguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.junit {
        read::write_whole(path, junit(entries))?;
    }
    if let Some(path) = &arguments.summary {
        read::write_whole(path, markdown(entries))?;
    }
    if arguments.quiet {
        return Ok(());
    }
    let printed = match arguments.format {
        CheckFormat::Text => text(entries),
        CheckFormat::Json => json(entries),
        CheckFormat::Markdown => markdown(entries),
    };
    stdout().write_all(printed.as_bytes()).map_err(Failure::printing)
}
