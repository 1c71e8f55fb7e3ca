//! The command line: arguments in, files and text out, one exit code.

pub mod args;
pub mod check;
pub mod compare;
pub mod diff;
pub mod failure;
pub mod generate;
pub mod import;
pub mod progress;
pub mod interrupt;
pub mod manual;
pub mod merge;
pub mod read;
pub mod recording;
pub mod results;
pub mod run;
pub mod shrink;
pub mod sweep;
pub mod sweep_plan;
pub mod sweep_results;
pub mod threshold_map;
pub mod trials;
pub mod tune;
pub mod tune_runs;

use args::{Arguments, Subcommand};
use clap::Parser;
use failure::Failure;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match &arguments.subcommand {
        Subcommand::Run(run) => run::run(run),
        Subcommand::Compare(compare) => compare::run(compare),
        Subcommand::Check(check) => check::run(check),
        Subcommand::Diff(diff) => diff::run(diff),
        Subcommand::Shrink(shrink) => shrink::run(shrink),
        Subcommand::Sweep(sweep) => sweep::run(sweep),
        Subcommand::Tune(tune) => tune::run(tune),
        Subcommand::Merge(merge) => merge::run(merge),
        Subcommand::Import(import) => import::run(import),
        Subcommand::Generate(generate) => generate::run(generate),
        Subcommand::Completions(completions) => manual::completions(completions),
        Subcommand::Man(man) => manual::man(man),
        Subcommand::Schema => print(crate::scenario::schema::schema()),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    stdout().write_all(text.as_bytes()).map_err(Failure::printing)?;
    Ok(ExitCode::SUCCESS)
}

/// An expectation, a baseline or a lint rule did not hold.
pub const DID_NOT_HOLD: u8 = 1;
/// The input or the call was wrong.
pub const WRONG_INPUT: u8 = 2;
/// Somebody ended it before its time.
pub const INTERRUPTED: u8 = 130;
