//! `run`: simulates scenarios, writes their results folders, prints their reports.

use super::args::{RunArguments, ScenarioOptions};
use super::failure::Failure;
use super::results::Folder;
use crate::metrics::meter::{Ending, Meter};
use crate::report::events::append_event;
use crate::report::json::summary_json;
use crate::scenario::error::ScenarioError;
use crate::scenario::overrides::Overrides;
use crate::scenario::{self, Scenario};
use crate::simulation::history::{Moment, Observer, Record};
use crate::simulation::run::Simulation;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs all scenarios given.
///
/// # Errors
///
/// When a scenario cannot be read or a result not be written; results of scenarios before it stand.
pub fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    for path in &arguments.scenarios {
        let scenario = Arc::new(read(path, &arguments.scenario_options)?);
        let target = match &arguments.output {
            None => PathBuf::from("out").join(&scenario.name),
            Some(output) if arguments.scenarios.len() == 1 => output.clone(),
            Some(output) => output.join(&scenario.name),
        };
        run_one(&scenario, path, &target, arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a scenario file, options applied.
///
/// # Errors
///
/// Every fault of the file and of the options.
pub fn read(path: &Path, options: &ScenarioOptions) -> Result<Scenario, Failure> {
    let bytes = std::fs::read(path).map_err(|cause| Failure::Unreadable { path: path.to_owned(), cause })?;
    let name = path.display().to_string();
    if let Some(error) = ScenarioError::not_utf8(&name, &bytes) {
        return Err(Failure::WrongInput(vec![error.to_string()]));
    }
    let text = String::from_utf8_lossy(&bytes);
    let overrides = Overrides {
        release: options.milvus.clone(),
        settings: Vec::new(),
        balancer: options.balancer.clone(),
        seed: options.seed,
        until: None,
    };
    scenario::parse(&text, &name, &overrides)
        .map_err(|errors| Failure::WrongInput(errors.iter().map(ToString::to_string).collect()))
}

struct EventFile {
    file: BufWriter<File>,
    line: Vec<u8>,
}

impl Observer for EventFile {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.line.clear();
        append_event(&mut self.line, moment.now, sequence, record, moment.cluster);
        let _ = self.file.write_all(&self.line);
    }
    fn changed(&mut self, _moment: Moment<'_>) {}
    fn sample(&mut self, _moment: Moment<'_>) {}
}

struct Both<'a>(Meter<'a>, EventFile);
impl Observer for Both<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.0.record(moment, sequence, record);
        self.1.record(moment, sequence, record);
    }
    fn changed(&mut self, moment: Moment<'_>) {
        self.0.changed(moment);
    }
    fn sample(&mut self, moment: Moment<'_>) {
        self.0.sample(moment);
    }
}

fn run_one(
    scenario: &Arc<Scenario>,
    path: &Path,
    target: &Path,
    arguments: &RunArguments,
) -> Result<(), Failure> {
    let placed = Simulation::new(scenario);
    let mut simulation = placed.map_err(|faults| {
        Failure::WrongInput(faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect())
    })?;
    let folder = Folder::begin(target)?;
    let events = folder.path("events.jsonl");
    let file = BufWriter::new(File::create(&events).map_err(Failure::writing(&events))?);
    let mut both = Both(Meter::new(scenario), EventFile { file, line: Vec::new() });
    while simulation.step(&mut both) {}
    let world = simulation.world();
    let ending = Ending {
        balancer: "MemoryUsage".to_owned(),
        digest: world.digest(),
        events: world.lines(),
        samples_written: 0,
    };
    let Both(meter, events) = both;
    drop(events);
    let summary = meter.finish(world.moment(), ending);
    folder.write("summary.json", summary_json(&summary).as_bytes())?;
    if !arguments.quiet {
        println!("{}", summary_json(&summary));
    }
    folder.publish()
}
