//! `sweep`: every combination of values under many seeds, kept as they come, then put together.

use super::args::sweep::SweepArguments;
use super::failure::Failure;
use super::sweep_plan::Call;
use super::trials::{Lines, Session, Store};
use super::{INTERRUPTED, interrupt, sweep_results, threshold_map};
use crate::experiment::pool;
use crate::experiment::running::Running;
use crate::experiment::sweep::{Shard, Spot};
use crate::experiment::tally::Kept;
use crate::experiment::threshold_map::axis::ExactAxis;
use crate::experiment::trial::{Measured, Trial, run_until};
use crate::scenario::Scenario;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;

/// Faults of variants shown at most.
const FAULTS_MAX: usize = 20;

/// What the progress bar says.
const PROGRESS: &str = "{bar:40} {pos} of {len} trials, {per_sec}, {eta} left";

/// Runs what is not kept yet, and puts the results together.
///
/// # Errors
///
/// When an option, or a scenario under some combination, is wrong, or a file cannot be read or written.
pub fn run(arguments: &SweepArguments) -> Result<ExitCode, Failure> {
    let wrong = |fault| Failure::WrongInput(vec![fault]);
    if arguments.vary.iter().any(|text| ExactAxis::is_asked(text)) {
        return threshold_map::run(arguments);
    }
    let shard = arguments.shard.as_deref().map_or(Ok(Shard::WHOLE), Shard::parse).map_err(wrong)?;
    let call = Call::read(arguments)?;
    let stop = interrupt::flag();
    let threads = arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let folder = &arguments.output.output;
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let mut session = Store::new(folder, shard).open()?;
    session.sort(&call.plan)?;
    let missing = || Missing::new(&call, shard, &session.store);
    // A trial that is the only one is its own check.
    let is_alone = missing()?.nth(1).is_none();
    if !is_alone {
        check(&call, missing()?, threads)?;
    }
    let trials = call.plan.trials().unwrap_or(0);
    let asked = (0..trials).filter(|trial| shard.has(*trial)).count() as u64;
    let bar = progress(missing()?.count() as u64, arguments.output.quiet);
    let numbers = missing()?;
    run_missing(&call, numbers, &mut session, threads, &stop, &bar, is_alone)?;
    bar.finish_and_clear();
    let kept = session.sort(&call.plan)?;
    if stop.load(Ordering::SeqCst) {
        eprintln!(
            "evenkeel: interrupted; {kept} of {asked} trials are kept, and the same call goes on from there"
        );
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let store = session.close()?;
    if shard == Shard::WHOLE {
        sweep_results::publish(&call.plan, &store.path, &arguments.output)?;
    } else if !arguments.output.quiet {
        let (Shard { number, of }, path) = (shard, store.path.display());
        super::print(&format!(
            "Shard {number} of {of}: {asked} of {trials} trials, for evenkeel merge: {path}\n"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A bar on standard error where that is a terminal.
fn progress(trials: u64, is_quiet: bool) -> ProgressBar {
    if is_quiet || trials == 0 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(trials);
    if let Ok(style) = ProgressStyle::with_template(PROGRESS) {
        bar.set_style(style);
    }
    bar
}

/// Numbers of the trials of a shard that are not kept yet, ascending.
struct Missing {
    kept: Option<Lines>,
    head: Option<Kept>,
    next: u64,
    end: u64,
    shard: Shard,
}

impl Missing {
    fn new(call: &Call, shard: Shard, store: &Store) -> Result<Missing, Failure> {
        let mut kept = Lines::open(&store.path)?;
        let head = kept.as_mut().map_or(Ok(None), Lines::next_trial)?;
        Ok(Missing { kept, head, next: 0, end: call.plan.trials().unwrap_or(0), shard })
    }
}

impl Iterator for Missing {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.next < self.end {
            let number = self.next;
            self.next += 1;
            if self.head.as_ref().is_some_and(|kept| kept.trial == number) {
                // What cannot be read any more is run again.
                self.head = self.kept.as_mut().and_then(|kept| kept.next_trial().ok().flatten());
            } else if self.shard.has(number) {
                return Some(number);
            }
        }
        None
    }
}

/// Reads and places every combination that will run, under the first of its seeds: what is wrong with a variant
/// is told before anything runs.
fn check(call: &Call, missing: Missing, threads: usize) -> Result<(), Failure> {
    let mut last = None;
    let firsts = missing.map(|number| call.plan.spot(number)).filter(|spot| {
        let combination = Some((spot.scenario, spot.combination));
        std::mem::replace(&mut last, combination) != combination
    });
    let mut faults = BTreeSet::new();
    let work = |spot: Spot| {
        let scenario = call.scenario(spot.scenario, spot.combination)?;
        let placed = Running::start(&Trial { scenario, seed: spot.seed }.seeded());
        placed.map(drop).map_err(|faults| in_words(call, spot, faults))
    };
    pool::as_they_come(firsts, threads, work, |_, checked| {
        faults.extend(checked.err().into_iter().flatten());
        if faults.len() < FAULTS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if faults.is_empty() { Ok(()) } else { Err(Failure::WrongInput(faults.into_iter().collect())) }
}

/// Why a combination cannot be placed, with its file and settings.
fn in_words(call: &Call, spot: Spot, faults: Vec<String>) -> Vec<String> {
    let settings = call.plan.settings(spot.combination);
    let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let place = format!("{}: {} seed {}", call.file(spot.scenario), settings.join(" "), spot.seed);
    faults.into_iter().map(|fault| format!("{place}: {fault}")).collect()
}

/// A combination, read by whichever thread needs it first.
#[derive(Default)]
struct Reading {
    scenario: OnceLock<Result<Arc<Scenario>, Vec<String>>>,
}

/// Runs trials and keeps each as it comes; one that `is_alone` was not checked before.
fn run_missing(
    call: &Call,
    missing: Missing,
    session: &mut Session,
    threads: usize,
    stop: &AtomicBool,
    bar: &ProgressBar,
    is_alone: bool,
) -> Result<(), Failure> {
    let mut current = (None, Arc::new(Reading::default()));
    let items = missing.map(|number| {
        let spot = call.plan.spot(number);
        let combination = Some((spot.scenario, spot.combination));
        if current.0 != combination {
            current = (combination, Arc::new(Reading::default()));
        }
        (number, spot, Arc::clone(&current.1))
    });
    let work = |(number, spot, reading): (u64, Spot, Arc<Reading>)| {
        let read = || call.scenario(spot.scenario, spot.combination);
        let scenario = Arc::clone(reading.scenario.get_or_init(read).as_ref().map_err(Clone::clone)?);
        let is_program = scenario.program.is_some();
        match run_until(&Trial { scenario, seed: spot.seed }, &call.figures, stop) {
            Ok(None) => Ok(None),
            Ok(Some(measured)) => Ok(Some(kept(call, number, Ok(measured)))),
            // A program that plans may have failed: whoever wrote it must know.
            Err(faults) if is_program || is_alone => Err(in_words(call, spot, faults)),
            Err(faults) => Ok(Some(kept(call, number, Err(faults)))),
        }
    };
    let mut ended = Ok(());
    pool::as_they_come(items, threads, work, |_, result: Result<Option<Kept>, Vec<String>>| {
        let done = match result {
            Ok(Some(kept)) => {
                bar.inc(1);
                session.keep(&kept)
            }
            // Asked to stop.
            Ok(None) => return ControlFlow::Break(()),
            Err(faults) => Err(Failure::WrongInput(faults)),
        };
        match done {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                ended = Err(failure);
                ControlFlow::Break(())
            }
        }
    });
    ended
}

/// A finished trial. That a seed draws what cannot be placed ends no sweep: the combination itself was placed
/// under the first of its seeds, and there is no other trial that the fault would spoil.
fn kept(call: &Call, trial: u64, ended: Result<Measured, Vec<String>>) -> Kept {
    let key = call.plan.key(trial);
    match ended {
        Ok(Measured { figures, digest }) => Kept { trial, key, digest, figures, fault: None },
        Err(faults) => {
            let figures = vec![None; call.figures.len()];
            Kept { trial, key, digest: String::new(), figures, fault: Some(faults.join("; ")) }
        }
    }
}
