//! `diff`: two runs, from scenarios or results folders, and how they differ.

use super::args::ScenarioOptions;
use super::args::diff::{DiffArguments, DiffFormat};
use super::failure::Failure;
use super::{DID_NOT_HOLD, interrupt, read};
use crate::experiment::figure_difference::figure_difference;
use crate::experiment::first_difference::{Teller, Told, first_difference};
use crate::experiment::running::Running;
use crate::experiment::told_line::told;
use crate::experiment::told_run::ToldRun;
use crate::report::diff::{Diff, json, text};
use crate::report::events::append_event;
use crate::report::json::summary_json;
use crate::scenario::Scenario;
use crate::simulation::history::{Moment, Record};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;

/// One of the two, before anything has run.
enum Input {
    Scenario(PathBuf, Arc<Scenario>),
    Folder(PathBuf),
}

/// Compares two runs.
///
/// # Errors
///
/// When the call, a scenario or a results folder is wrong.
pub fn run(arguments: &DiffArguments) -> Result<ExitCode, Failure> {
    let second = arguments.second.as_ref().unwrap_or(&arguments.first);
    let mut options = arguments.scenario_options.clone();
    let first = input(&arguments.first, &options)?;
    options.milvus = arguments.b_milvus.clone().or(options.milvus);
    options.balancer = arguments.b_balancer.clone().or(options.balancer);
    options.seed = arguments.b_seed.or(options.seed);
    options.settings.extend(arguments.b_settings.iter().cloned());
    let second = input(second, &options).map_err(|failure| of_b(failure, arguments))?;
    interrupt::end_saying(|| "the two runs are not compared to their end, and nothing is written".to_owned());
    let diff = diff([&first, &second])?;
    if !arguments.quiet {
        let printed = match arguments.format {
            DiffFormat::Text => text(&diff, REPORT_WIDTH),
            DiffFormat::Json => json(&diff),
        };
        stdout().write_all(printed.as_bytes()).map_err(Failure::printing)?;
    }
    Ok(if diff.is_same() { ExitCode::SUCCESS } else { ExitCode::from(DID_NOT_HOLD) })
}

/// A failure of B, with the options that are B's alone under their own names.
fn of_b(failure: Failure, arguments: &DiffArguments) -> Failure {
    let Failure::WrongInput(faults) = failure else { return failure };
    let settings = arguments.b_settings.iter().map(|setting| format!("--set {setting}:"));
    let milvus = arguments.b_milvus.iter().map(|milvus| format!("--milvus {milvus}:"));
    let own: Vec<String> = settings.chain(milvus).collect();
    let named = |fault: String| match own.iter().any(|option| fault.starts_with(option.as_str())) {
        true => fault.replacen("--", "--b-", 1),
        false => fault,
    };
    Failure::WrongInput(faults.into_iter().map(named).collect())
}

fn input(path: &Path, options: &ScenarioOptions) -> Result<Input, Failure> {
    if !path.is_dir() {
        return Ok(Input::Scenario(path.to_owned(), Arc::new(read::scenario(path, options)?)));
    }
    if !options.is_empty() {
        let fault = format!("{} is a results folder, which options cannot change", path.display());
        return Err(Failure::WrongInput(vec![format!("{fault}; give its scenario")]));
    }
    let is_there = |name: &str| path.join(name).is_file();
    if !is_there("summary.json") && !is_there("events.jsonl") {
        let fault = format!("{} is no results folder of run: it has no summary.json", path.display());
        return Err(Failure::WrongInput(vec![format!("{fault}; give one, or a scenario file")]));
    }
    Ok(Input::Folder(path.to_owned()))
}

impl Input {
    fn path(&self) -> &Path {
        match self {
            Input::Scenario(path, _) | Input::Folder(path) => path,
        }
    }

    fn has_events(&self) -> bool {
        match self {
            Input::Scenario(..) => true,
            Input::Folder(folder) => folder.join("events.jsonl").is_file(),
        }
    }
}

/// A run as it is followed: simulated, or read.
enum Followed<'a> {
    Run(Box<ToldRun<'a>>),
    /// The same, told as a file would tell it.
    AsFile(Box<ToldRun<'a>>),
    File(EventFile),
}

impl Teller for Followed<'_> {
    fn next(&mut self) -> Result<Option<Told>, Vec<String>> {
        match self {
            Followed::Run(run) => run.next(),
            Followed::AsFile(run) => match run.next()? {
                None => Ok(None),
                Some(event) => told(&event.line).map(Some).map_err(|fault| vec![fault]),
            },
            Followed::File(file) => file.next(),
        }
    }
}

/// `events.jsonl` of a results folder.
struct EventFile {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    number: u64,
}

impl Teller for EventFile {
    fn next(&mut self) -> Result<Option<Told>, Vec<String>> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        let wrong = |fault: String| vec![format!("{}:{}: {fault}", self.path.display(), self.number)];
        let line = line.map_err(|cause| wrong(cause.to_string()))?;
        told(&line).map(Some).map_err(wrong)
    }
}

fn diff(inputs: [&Input; 2]) -> Result<Diff, Failure> {
    let has_events = inputs.iter().all(|input| input.has_events());
    let as_files = inputs.iter().any(|input| matches!(input, Input::Folder(_)));
    let [mut first, mut second] =
        [follow(inputs[0], as_files, has_events)?, follow(inputs[1], as_files, has_events)?];
    let found = match (&mut first, &mut second) {
        (Some(first), Some(second)) if has_events => {
            first_difference([first, second]).map_err(Failure::WrongInput)?
        }
        _ => None,
    };
    let summaries = [summary(inputs[0], first)?, summary(inputs[1], second)?];
    Ok(Diff {
        names: [name(inputs[0], &summaries[0]), name(inputs[1], &summaries[1])],
        first: found,
        has_events,
        figures: figure_difference(&summaries[0], &summaries[1]),
    })
}

/// `None` = a folder without events.
fn follow(input: &Input, as_files: bool, has_events: bool) -> Result<Option<Followed<'_>>, Failure> {
    match input {
        Input::Scenario(path, scenario) => {
            let wrong = |faults: Vec<String>| {
                Failure::WrongInput(
                    faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect(),
                )
            };
            let running = Running::start(scenario).map_err(wrong)?;
            let run = Box::new(ToldRun::new(scenario, running, write_line));
            Ok(Some(if as_files { Followed::AsFile(run) } else { Followed::Run(run) }))
        }
        Input::Folder(folder) if has_events => {
            let path = folder.join("events.jsonl");
            let file =
                File::open(&path).map_err(|cause| Failure::Unreadable { path: path.clone(), cause })?;
            let lines = BufReader::new(file).lines();
            Ok(Some(Followed::File(EventFile { path, lines, number: 0 })))
        }
        Input::Folder(_) => Ok(None),
    }
}

fn write_line(line: &mut Vec<u8>, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
    append_event(line, moment.now, sequence, record, moment.cluster);
}

/// The figures of the whole run.
fn summary(input: &Input, followed: Option<Followed<'_>>) -> Result<Value, Failure> {
    let (place, text) = match (input, followed) {
        (_, Some(Followed::Run(run) | Followed::AsFile(run))) => {
            let summary = run.finish().map_err(Failure::WrongInput)?;
            (String::new(), summary_json(&summary))
        }
        (input, _) => read::text(&input.path().join("summary.json"))?,
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::WrongInput(vec![format!("{place}: no summary: {error}")]))
}

/// `my.json: Milvus 2.1.4 MemoryUsage, seed 0`.
fn name(input: &Input, summary: &Value) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let milvus = &summary["milvus"];
    format!(
        "{}: Milvus {} {}, seed {}",
        input.path().display(),
        word(&milvus["version"]),
        word(&milvus["balancer"]),
        summary["seed"]
    )
}
