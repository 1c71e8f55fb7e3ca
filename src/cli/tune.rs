//! `tune`: the best values of some keys, with how sure that is, and the milvus.yaml to paste.

use super::args::tune::{CaseArgument, TuneArguments, TuneFormat};
use super::failure::Failure;
use super::sweep_plan::program_files;
use super::tune_runs::{Runs, Search};
use super::{DID_NOT_HOLD, INTERRUPTED, interrupt, read};
use crate::experiment::axis::Axis;
use crate::experiment::expression::{Condition, Expression};
use crate::experiment::figure::Figure;
use crate::experiment::sweep::inputs;
use crate::experiment::tune::known::Case;
use crate::experiment::tune::search::Limits;
use crate::experiment::tune::space::{SETTINGS_MAX, Space, TunedKey};
use crate::experiment::tune::{Aim, Means, tune};
use crate::experiment::variant::Variant;
use crate::policy::memory_usage::OVERLOADED_KEY;
use crate::report::tune::text::text;
use crate::report::tune::{TuneReport, json, yaml};
use crate::scenario::Scenario;
use crate::scenario::overrides::Overrides;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;
/// The search has at least so many runs.
const RUNS_MIN: u64 = 100;
/// And as many as this share of all settings with all seeds.
const SHARE: u64 = 20;

/// Searches, writes the results and prints the verdict.
///
/// # Errors
///
/// When an option or a scenario under some setting is wrong, or a result cannot be written.
pub fn run(arguments: &TuneArguments) -> Result<ExitCode, Failure> {
    let call = Call::read(arguments)?;
    let seeds = usize::try_from(arguments.seeds).unwrap_or(1);
    let whole = (call.space.count() as u64) * arguments.seeds * call.sources.len() as u64;
    let runs_max = arguments.max_runs.unwrap_or_else(|| RUNS_MIN.max(whole.div_ceil(SHARE)));
    let stop = interrupt::flag();
    let bar = progress(runs_max, arguments.quiet);
    let scenario_with = |place: usize, settings: &[(String, String)]| call.scenario(place, settings);
    let folder = &arguments.output;
    let runs = Runs::open(folder, call.search(arguments))?;
    let limits = Limits {
        runs_max: usize::try_from(runs_max).unwrap_or(usize::MAX),
        seeds_max: seeds,
        confidence: arguments.confidence,
    };
    let means = Means {
        scenario_with: &scenario_with,
        scenarios: call.sources.len(),
        limits,
        threads: arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)),
        is_over: &|| stop.load(Ordering::SeqCst) || runs.has_failed(),
        progress: &|runs| bar.set_position(runs as u64),
        store: &runs,
    };
    let verdict = tune(&call.space, &call.aim, &means).map_err(Failure::WrongInput)?;
    bar.finish_and_clear();
    runs.close()?;
    let Some(verdict) = verdict else {
        eprintln!(
            "evenkeel: interrupted before anything was known; no results are written, and the same call goes on \
             from there"
        );
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let report = TuneReport::new(&call.given, &call.space, &call.aim, &verdict, arguments.confidence);
    read::write_whole(&folder.join("milvus.yaml"), yaml(&report))?;
    read::write_whole(&folder.join("tune.json"), json(&report))?;
    let printed = match arguments.format {
        _ if arguments.quiet => String::new(),
        TuneFormat::Text => format!("{}Results: {}\n", text(&report, REPORT_WIDTH), folder.display()),
        TuneFormat::Json => json(&report),
        TuneFormat::Yaml => yaml(&report),
    };
    super::print(&printed)?;
    if verdict.is_stopped {
        let folder = folder.display();
        eprintln!(
            "evenkeel: interrupted; the best so far is in {folder}, and the same call goes on from there"
        );
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(if verdict.holds { ExitCode::SUCCESS } else { ExitCode::from(DID_NOT_HOLD) })
}

/// A bar on standard error where that is a terminal.
fn progress(runs_max: u64, is_quiet: bool) -> ProgressBar {
    if is_quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(runs_max);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of at most {len} runs, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// A call, read.
struct Call {
    sources: Vec<(String, String)>,
    common: Overrides,
    given: Vec<Arc<Scenario>>,
    space: Space,
    aim: Aim,
}

impl Call {
    fn read(arguments: &TuneArguments) -> Result<Call, Failure> {
        let wrong = |fault: String| Failure::WrongInput(vec![fault]);
        if !(0.5..1.0).contains(&arguments.confidence) {
            let fault = format!("--confidence {}: write a number from 0.5 to below 1", arguments.confidence);
            return Err(wrong(fault));
        }
        let minimize = Expression::parse(&arguments.minimize);
        let minimize = minimize.map_err(|fault| wrong(format!("--minimize {fault}")))?;
        let subject_to: Result<Vec<Condition>, String> =
            arguments.subject_to.iter().map(|text| Condition::parse(text)).collect();
        let subject_to = subject_to.map_err(|fault| wrong(format!("--subject-to {fault}")))?;
        let axes = axes(&arguments.vary).map_err(wrong)?;
        let common = read::overrides(&arguments.scenario_options)?;
        let mut call = Call {
            sources: Vec::new(),
            common,
            given: Vec::new(),
            space: Space { keys: Vec::new() },
            aim: Aim { minimize, subject_to, figures: BTreeMap::new(), case: Case::Worst },
        };
        for path in &arguments.scenarios {
            call.sources.push(read::text(path)?);
        }
        call.aim.case = match arguments.case {
            CaseArgument::Worst => Case::Worst,
            CaseArgument::Mean => Case::Mean,
        };
        for place in 0..call.sources.len() {
            let scenario = call.scenario(place, &[]).map_err(Failure::WrongInput)?;
            if scenario.seed.checked_add(arguments.seeds).is_none() {
                return Err(wrong(format!("seed {} and --seeds go beyond 64 bits", scenario.seed)));
            }
            call.given.push(scenario);
        }
        call.find_figures().map_err(wrong)?;
        call.lay_out(&axes)?;
        Ok(call)
    }

    /// The figures that the aim names, the same in all scenarios.
    fn find_figures(&mut self) -> Result<(), String> {
        for path in Aim::paths(&self.aim.minimize, &self.aim.subject_to) {
            for (scenario, (name, _)) in self.given.iter().zip(&self.sources) {
                let figure = Figure::parse(&path, scenario).map_err(|fault| format!("{name}: {fault}"))?;
                self.aim.figures.insert(path.clone(), figure);
            }
        }
        Ok(())
    }

    /// The keys with their values; every value is tried on every scenario once.
    fn lay_out(&mut self, axes: &[Axis]) -> Result<(), Failure> {
        let given: Vec<&Scenario> = self.given.iter().map(Arc::as_ref).collect();
        // These are measured against the threshold itself, so that they change with it also where nothing else does.
        let depends =
            |path: &String| path.contains("overloaded") || path.starts_with("overload.node_seconds");
        let aims_at_threshold = self.aim.figures.keys().any(depends);
        let keys = axes.iter().map(|axis| {
            let may_watch = !(aims_at_threshold && axis.key.eq_ignore_ascii_case(OVERLOADED_KEY));
            TunedKey::new(&axis.key, &axis.values(), &given, may_watch)
        });
        self.space = Space { keys: keys.collect() };
        if self.space.count() > SETTINGS_MAX {
            let fault = format!("more than {SETTINGS_MAX} settings; give fewer values");
            return Err(Failure::WrongInput(vec![fault]));
        }
        let mut faults: Vec<String> = Vec::new();
        for key in &self.space.keys {
            // Of a key that is wrong one value is enough to tell.
            let wrong = key.values.iter().find_map(|value| {
                let setting = [(key.key.clone(), value.clone())];
                let mut found = (0..self.sources.len()).map(|place| self.scenario(place, &setting));
                found.find_map(Result::err)
            });
            faults.extend(wrong.into_iter().flatten());
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::WrongInput(faults)) }
    }

    /// What all runs depend on.
    fn search<'a>(&'a self, arguments: &'a TuneArguments) -> Search<'a> {
        let scenarios = self.given.iter().zip(&self.sources).map(|(given, (_, text))| {
            (given.name.clone(), inputs(text, &self.common, &program_files(given)), given.seed)
        });
        let aim = std::iter::once(&arguments.minimize).chain(&arguments.subject_to);
        Search { space: &self.space, scenarios: scenarios.collect(), aim: aim.map(String::as_str).collect() }
    }

    /// A scenario with keys at values.
    fn scenario(&self, place: usize, settings: &[(String, String)]) -> Result<Arc<Scenario>, Vec<String>> {
        let (name, text) = &self.sources[place];
        read::variant(name, text, &self.common, &Variant::of(settings))
    }
}

fn axes(vary: &[String]) -> Result<Vec<Axis>, String> {
    let mut axes: Vec<Axis> = Vec::new();
    for text in vary {
        let axis = Axis::parse(text)?;
        if axis.key == "/seed" {
            return Err(format!("--vary {text}: seeds are varied with --seeds"));
        }
        if axes.iter().any(|other| other.key.eq_ignore_ascii_case(&axis.key)) {
            return Err(format!("--vary {text}: {} is varied twice; keep one of them", axis.key));
        }
        axes.push(axis);
    }
    Ok(axes)
}
