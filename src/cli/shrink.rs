//! `shrink`: a scenario with a failing expectation cut down to a small one that still fails it.

use super::args::shrink::ShrinkArguments;
use super::failure::Failure;
use super::progress::Progress;
use super::{interrupt, read};
use crate::experiment::failing::{Failing, Trying};
use crate::experiment::folded::folded;
use crate::experiment::judged_run;
use crate::experiment::running::Running;
use crate::experiment::shrink::shrink;
use crate::report::scenario_text::scenario_text;
use crate::report::shrunk::{Cut, text};
use crate::scenario;
use crate::scenario::overrides::Overrides;
use crate::scenario::program::EXEC;
use serde_json::Value;
use std::io::{Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cuts a scenario down.
///
/// # Errors
///
/// When the call or the scenario is wrong, when nothing fails, or the result cannot be written.
pub fn run(arguments: &ShrinkArguments) -> Result<ExitCode, Failure> {
    let path = &arguments.scenario;
    let wrong = |fault: String| Failure::WrongInput(vec![format!("{}: {fault}", path.display())]);
    if arguments.scenario_options.until.is_some() {
        return Err(wrong("shrink finds the shortest run itself; leave --until out".to_owned()));
    }
    let overrides = read::overrides(&arguments.scenario_options)?;
    let (name, original) = read::text(path)?;
    let before = scenario::parse(&original, &name, &overrides)
        .map_err(|errors| Failure::WrongInput(errors.iter().map(ToString::to_string).collect()))?;
    let before = Arc::new(before);
    let mut file: Value =
        serde_json::from_str(&original).map_err(|error| wrong(format!("no plain JSON: {error}")))?;
    let first = judged_run::run(&before, &Running::start).map_err(|faults| wrong(faults.join("; ")))?;
    let progress = Progress::new(arguments.runs, "scenarios at most", arguments.quiet);
    let tried = Arc::new(AtomicU64::new(0));
    let so_far = Arc::clone(&tried);
    interrupt::end_saying(move || {
        format!("{} smaller scenarios were tried; nothing is written", so_far.load(Ordering::Relaxed))
    });
    let told = || {
        tried.fetch_add(1, Ordering::Relaxed);
        progress.advance();
    };
    let number = arguments.expectation.checked_sub(1);
    let trying =
        Trying { begin: &Running::start, told: &told, overrides: &overrides, must_hold_without: false };
    let failing = number.and_then(|number| Failing::of(&first, number, trying));
    let Some(mut failing) = failing else {
        let count = first.summary.expectations.iter().filter(|expectation| !expectation.holds).count();
        return Err(wrong(match count {
            0 => "no expectation fails, so there is nothing to cut down to".to_owned(),
            1 => format!("there is no failing expectation {}; one fails", arguments.expectation),
            count => format!("there is no failing expectation {}; {count} fail", arguments.expectation),
        }));
    };
    rename(&mut file, arguments.output.as_deref(), &before.name);
    let is_theirs = failing
        .trial(&file, &Overrides::default())
        .is_some_and(|(_, trial)| overrides != Overrides::default() && failing.holds_in(&trial));
    if is_theirs {
        failing.hold_without();
    }
    let shrunk = shrink(file, &mut failing, arguments.runs);
    progress.finish();
    let small = shrunk.scenario.to_string();
    let read = scenario::parse(&small, &name, &overrides)
        .map_err(|errors| Failure::WrongInput(errors.iter().map(ToString::to_string).collect()))?;
    let mut file = folded(&small, &overrides, &read).map_err(wrong)?;
    let (after, last) = failing
        .trial(&file, &unwritten(&overrides))
        .and_then(|(after, trial)| Some((after, failing.same(&trial)?)))
        .ok_or_else(|| wrong("with its options written into it, it does not fail any more".to_owned()))?;
    file["story"] = Value::from(format!("Cut down from {}: {}.", before.name, last.reason));
    let said = text(&Cut {
        before: &before,
        after: &after,
        was: &failing.result.reason,
        still: &last.reason,
        tried: shrunk.tried,
        is_minimal: shrunk.is_minimal,
        holds_without_options: is_theirs,
    });
    tell(&scenario_text(&file), &said, arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes or prints the scenario, and says what was cut where that is not in the way.
fn tell(result: &str, said: &str, arguments: &ShrinkArguments) -> Result<(), Failure> {
    let Some(output) = &arguments.output else {
        stdout().write_all(result.as_bytes()).map_err(Failure::printing)?;
        let said = if arguments.quiet { "" } else { said };
        return stderr().write_all(said.as_bytes()).map_err(Failure::printing);
    };
    read::write_whole(output, result)?;
    if arguments.quiet {
        return Ok(());
    }
    let said = format!("{said}Scenario: {}\n", output.display());
    stdout().write_all(said.as_bytes()).map_err(Failure::printing)
}

/// What no scenario file can say: the program that plans.
fn unwritten(overrides: &Overrides) -> Overrides {
    let program = overrides.balancer.clone().filter(|name| name.starts_with(EXEC));
    Overrides { balancer: program, exec_timeout: overrides.exec_timeout, ..Overrides::default() }
}

/// A scenario is named like its file, where that is a name.
fn rename(file: &mut Value, output: Option<&Path>, old: &str) {
    let stem = output.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let is_name = |name: &String| {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        name.len() <= 100
            && name.starts_with(plain)
            && name.chars().all(|letter| plain(letter) || "_.-".contains(letter))
    };
    file["name"] = Value::from(stem.filter(is_name).unwrap_or_else(|| old.to_owned()));
}
