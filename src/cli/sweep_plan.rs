//! What a call of `sweep` asks for, checked: the plan, and the texts behind it.

use super::args::sweep::SweepArguments;
use super::failure::Failure;
use super::read;
use crate::experiment::axis::Axis;
use crate::experiment::figure::Figure;
use crate::experiment::sweep::{FORMAT, Plan, Subject, Values, inputs};
use crate::scenario::Scenario;
use crate::scenario::overrides::Overrides;
use crate::scenario::timeline::Happening;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

/// More combinations than anybody has memory for.
const COMBINATIONS_MAX: u64 = 1_000_000;

/// Figures of a sweep where nobody says otherwise: evenness, what it cost, and when it was reached.
const USUAL: [&str; 5] = [
    "skew.mean.max_difference",
    "moves.bytes",
    "moves.completed",
    "moves.net_zero_ratio",
    "settle.0.settle_ms",
];

/// A call, read.
pub struct Call {
    /// The plan.
    pub plan: Plan,
    /// The figures of the plan.
    pub figures: Vec<Figure>,
    sources: Vec<Source>,
    common: Overrides,
}

/// A scenario file: its name for messages, and its text.
struct Source {
    name: String,
    text: String,
}

impl Call {
    /// Reads everything that the call names.
    ///
    /// # Errors
    ///
    /// Every fault of the options, and of the scenarios under their first combination.
    pub fn read(arguments: &SweepArguments) -> Result<Call, Failure> {
        let common = read::overrides(&arguments.scenario_options)?;
        let mut call = Call {
            plan: draft(arguments).map_err(|fault| Failure::WrongInput(vec![fault]))?,
            figures: Vec::new(),
            sources: Vec::new(),
            common,
        };
        for path in &arguments.scenarios {
            let (name, text) = read::text(path)?;
            call.sources.push(Source { name, text });
        }
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        for position in 0..call.sources.len() {
            match call.subject(position) {
                Ok(subject) if !names.insert(subject.name.clone()) => {
                    let (file, name) = (&call.sources[position].name, &subject.name);
                    faults.push(format!(
                        "{file}: another scenario of this call is named \"{name}\" too; rename one"
                    ));
                }
                Ok(subject) => call.plan.scenarios.push(subject),
                Err(more) => faults.extend(more),
            }
        }
        let is_countable = call.plan.combinations().is_some_and(|count| count <= COMBINATIONS_MAX)
            && call.plan.trials().is_some();
        if faults.is_empty() && !is_countable {
            faults.push(format!("more than {COMBINATIONS_MAX} combinations; vary fewer things"));
        }
        if faults.is_empty() { Ok(call) } else { Err(Failure::WrongInput(faults)) }
    }

    /// A scenario under one combination.
    ///
    /// # Errors
    ///
    /// Every fault that it has there.
    pub fn scenario(&self, position: usize, combination: u64) -> Result<Arc<Scenario>, Vec<String>> {
        let Source { name, text } = &self.sources[position];
        read::variant(name, text, &self.common, &self.plan.variant(combination))
    }

    /// Name of a scenario's file.
    pub fn file(&self, position: usize) -> &str {
        &self.sources[position].name
    }

    /// A scenario as it stands in the plan.
    fn subject(&mut self, position: usize) -> Result<Subject, Vec<String>> {
        let scenario = self.scenario(position, 0)?;
        let file = self.file(position);
        let figure =
            |path: &String| Figure::parse(path, &scenario).map_err(|fault| format!("{file}: {fault}"));
        let (figures, faults): (Vec<_>, Vec<_>) =
            self.plan.figures.iter().map(figure).partition(Result::is_ok);
        let faults: Vec<String> = faults.into_iter().filter_map(Result::err).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        if scenario.seed.checked_add(self.plan.seeds - 1).is_none() {
            return Err(vec![format!("{file}: seed {} and --seeds go beyond 64 bits", scenario.seed)]);
        }
        let subject = Subject {
            name: scenario.name.clone(),
            inputs: inputs(&self.sources[position].text, &self.common, &program_files(&scenario)),
            seed: scenario.seed,
            duration_ms: scenario.duration.as_ms(),
            notes: self.plan.axes.iter().flat_map(|axis| notes(&axis.key, &scenario)).collect(),
        };
        self.figures = figures.into_iter().filter_map(Result::ok).collect();
        Ok(subject)
    }
}

/// The plan without its scenarios.
fn draft(arguments: &SweepArguments) -> Result<Plan, String> {
    let mut axes: Vec<Values> = Vec::new();
    for text in &arguments.vary {
        let axis = Axis::parse(text)?;
        if axis.key == "/seed" {
            return Err(format!("--vary {text}: seeds are varied with --seeds"));
        }
        if axes.iter().any(|other| other.key.eq_ignore_ascii_case(&axis.key)) {
            return Err(format!("--vary {text}: {} is varied twice; keep one of them", axis.key));
        }
        axes.push(Values::of(&axis));
    }
    let pareto = match arguments.pareto.split(',').collect::<Vec<_>>().as_slice() {
        [first, second] if first != second => [(*first).to_owned(), (*second).to_owned()],
        _ => return Err(format!("--pareto {}: name two different figures, A,B", arguments.pareto)),
    };
    let mut figures: Vec<String> = Vec::new();
    let usual: Vec<String> = USUAL.iter().map(|path| (*path).to_owned()).collect();
    let chosen = if arguments.figures.is_empty() { &usual } else { &arguments.figures };
    for path in chosen.iter().chain(&pareto) {
        if !figures.contains(path) {
            figures.push(path.clone());
        }
    }
    Ok(Plan {
        format: FORMAT,
        evenkeel: env!("CARGO_PKG_VERSION").to_owned(),
        scenarios: Vec::new(),
        axes,
        seeds: arguments.seeds,
        figures,
        pareto,
    })
}

/// What a reader should know of a key that is varied: who takes no notice of it.
fn notes(key: &str, scenario: &Scenario) -> Vec<String> {
    let is_it = |name: &str| name.eq_ignore_ascii_case(key);
    let mut notes = Vec::new();
    if scenario.config.entries.iter().any(|entry| entry.inert && is_it(entry.key)) {
        notes.push(format!("Milvus {} does not read {key}: nothing can come of it.", scenario.release));
    }
    let replaced = scenario.timeline.iter().find(|entry| match &entry.happening {
        Happening::SetConfig(changes) => changes.iter().any(|(name, _)| is_it(name)),
        _ => false,
    });
    if let Some(entry) = replaced {
        notes.push(format!(
            "{key} counts only until {}, when the scenario's set_config replaces it.",
            entry.at
        ));
    }
    notes
}

/// The words of a program that are files: with another content it is another program.
pub(super) fn program_files(scenario: &Scenario) -> Vec<Vec<u8>> {
    let words = scenario.program.iter().flat_map(|program| &program.words);
    words.filter_map(|word| fs::read(word).ok()).collect()
}
