//! `merge`: what the shards of one sweep left, joined to what one sweep would have left.

use super::args::sweep::MergeArguments;
use super::failure::Failure;
use super::sweep_results;
use super::trials::{Lines, Sorter, Store};
use crate::experiment::sweep::{FORMAT, Plan, Shard};
use crate::experiment::tally::Kept;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Trials and faults named at most.
const NAMED: usize = 5;

/// Joins the files.
///
/// # Errors
///
/// When a file cannot be read, is of another sweep, or holds foreign trials; when trials are missing; when a
/// result cannot be written.
pub fn run(arguments: &MergeArguments) -> Result<ExitCode, Failure> {
    let mut plan: Option<Plan> = None;
    for path in &arguments.files {
        let found = header(path)?;
        match &plan {
            None => plan = Some(found),
            Some(first) if *first == found => {}
            Some(_) => {
                let (path, first) = (path.display(), arguments.files[0].display());
                return Err(wrong(format!(
                    "{path}: it is of another sweep than {first}; merge shards of one call"
                )));
            }
        }
    }
    let Some(plan) = plan else { return Ok(ExitCode::SUCCESS) };
    let folder = &arguments.output.output;
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let session = Store::new(folder, Shard::WHOLE).open()?;
    let draft = folder.join(".merged.jsonl");
    let joined = join(&plan, &arguments.files, &draft);
    if joined.is_err() && draft.exists() {
        fs::remove_file(&draft).map_err(Failure::writing(&draft))?;
    }
    joined?;
    fs::rename(&draft, &session.store.path).map_err(Failure::writing(&session.store.path))?;
    let store = session.close()?;
    sweep_results::publish(&plan, &store.path, &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

fn wrong(fault: String) -> Failure {
    Failure::WrongInput(vec![fault])
}

/// What a file says is swept.
fn header(path: &Path) -> Result<Plan, Failure> {
    let Some(mut lines) = Lines::open(path)? else {
        return Err(wrong(format!(
            "{}: there is no such file; give what sweep --shard left",
            path.display()
        )));
    };
    let first = lines.next_line()?.unwrap_or_default();
    let plan = serde_json::from_str::<Plan>(&first).ok();
    let usable = plan.filter(|plan| {
        plan.format == FORMAT && plan.seeds > 0 && plan.trials().is_some_and(|trials| trials > 0)
    });
    usable.ok_or_else(|| {
        let version = env!("CARGO_PKG_VERSION");
        wrong(format!(
            "{}:1: no trials of a sweep of evenkeel {version}; give what sweep --shard left",
            path.display()
        ))
    })
}

/// Sorts all trials of all files into `target`.
fn join(plan: &Plan, files: &[std::path::PathBuf], target: &Path) -> Result<(), Failure> {
    let mut sorter = Sorter::new(plan, target);
    let mut foreign = Vec::new();
    for path in files {
        let Some(mut lines) = Lines::open(path)? else { continue };
        lines.next_line()?;
        while let Some(line) = lines.next_line()? {
            let place = format!("{}:{}", path.display(), lines.number);
            match serde_json::from_str::<Kept>(&line) {
                Ok(kept) if sorter.is_known(&kept) => drop(sorter.take(kept)?),
                Ok(kept) => foreign.push(format!("{place}: trial {} is none of this sweep", kept.trial)),
                Err(_) => foreign.push(format!("{place}: no trial; run that shard again")),
            }
            if foreign.len() == NAMED {
                return Err(Failure::WrongInput(foreign));
            }
        }
    }
    if !foreign.is_empty() {
        return Err(Failure::WrongInput(foreign));
    }
    sorter.rest()?;
    let kept = sorter.write()?;
    let trials = plan.trials().unwrap_or(0);
    if kept == trials {
        return Ok(());
    }
    Err(Failure::WrongInput(missing(plan, target, trials - kept)?))
}

/// The first of the trials that no file has.
fn missing(plan: &Plan, joined: &Path, count: u64) -> Result<Vec<String>, Failure> {
    let mut faults = vec![format!("{count} trials are in none of these files; run their shard again:")];
    let Some(mut lines) = Lines::open(joined)? else { return Ok(faults) };
    let mut expected = 0;
    let trials = plan.trials().unwrap_or(0);
    while expected < trials && faults.len() <= NAMED {
        let next = lines.next_trial()?.map_or(trials, |kept| kept.trial);
        let room = NAMED + 1 - faults.len();
        faults.extend((expected..next).take(room).map(|number| plan.name_of(number)));
        expected = next + 1;
    }
    Ok(faults)
}
