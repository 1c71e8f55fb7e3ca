//! `generate`: a synthetic scenario, by size or by numbers.

use super::args::generate::{GenerateArguments, GenerateSize, GenerateStart};
use super::failure::Failure;
use super::read;
use crate::scenario::generate::{Plan, Size, Start};
use crate::scenario::overrides::Overrides;
use crate::scenario::parse;
use crate::units::SimDuration;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Segments up to which the scenario is read back at once, to tell its faults here and not at the first run.
const READ_BACK_MAX: u64 = 1_000_000;

/// Prints or writes the scenario; what is likely an accident is told on standard error.
///
/// # Errors
///
/// When a number cannot be understood, the scenario could not be read, or the file not be written.
pub fn run(arguments: &GenerateArguments) -> Result<ExitCode, Failure> {
    let plan = plan(arguments)?;
    for line in plan.lint() {
        eprintln!("evenkeel: {line}");
    }
    let text = plan.text();
    if plan.segments <= READ_BACK_MAX
        && let Err(faults) = parse(&text, &plan.name, &Overrides::default())
    {
        return Err(Failure::WrongInput(faults.iter().map(ToString::to_string).collect()));
    }
    match &arguments.output {
        None => stdout().write_all(text.as_bytes()).map_err(Failure::printing)?,
        Some(path) => read::write_whole(path, &text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The size, or the smallest one, with whatever was said otherwise.
fn plan(arguments: &GenerateArguments) -> Result<Plan, Failure> {
    let mut plan = Plan::of_size(match arguments.size {
        None | Some(GenerateSize::T) => Size::T,
        Some(GenerateSize::S) => Size::S,
        Some(GenerateSize::M) => Size::M,
        Some(GenerateSize::L) => Size::L,
        Some(GenerateSize::Xl) => Size::Xl,
    });
    if arguments.size.is_none() {
        plan.name = "generated".to_owned();
    }
    plan.name = arguments.name.clone().unwrap_or(plan.name);
    plan.milvus = arguments.milvus.clone().unwrap_or(plan.milvus);
    plan.seed = arguments.seed.unwrap_or(plan.seed);
    plan.nodes = arguments.nodes.unwrap_or(plan.nodes);
    plan.segments = arguments.segments.unwrap_or(plan.segments);
    plan.collections = arguments.collections;
    if plan.collections == Some(0) && plan.segments > 0 {
        let fault = "--collections 0: segments need a collection; give at least 1";
        return Err(Failure::WrongInput(vec![fault.to_owned()]));
    }
    if let Some(text) = &arguments.duration {
        plan.duration = read::time("--duration", text)?;
    }
    if let Some(text) = &arguments.memory {
        plan.memory_bytes = Some(read::size("--memory", text)?);
    }
    match arguments.churn.as_deref() {
        None => {}
        Some("none") => plan.churn = None,
        Some(text) => {
            let every = read::time("--churn", text)?;
            plan.churn = (every > SimDuration::ZERO).then_some(every);
        }
    }
    plan.start = match arguments.start {
        GenerateStart::Even => Start::Even,
        GenerateStart::Weighted => Start::Weighted,
        GenerateStart::OneNode => Start::OneNode,
    };
    Ok(plan)
}
