//! `generate`: a synthetic scenario, by size or by numbers.

use super::args::generate::{GenerateArguments, GenerateSize, GenerateStart};
use super::failure::Failure;
use super::read;
use crate::scenario::generate::{Inflow, NodeClass, Plan, QUERY_NODES_MAX, Size, Start, read_rows};
use crate::scenario::overrides::Overrides;
use crate::scenario::parse;
use crate::units::SimDuration;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Segments up to which the scenario is read back at once, to tell its faults here and not at the first run.
const READ_BACK_MAX: u64 = 1_000_000;
/// Most rows or searches a second.
const RATE_MAX: f64 = 1e9;

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
    plan.start = match arguments.start {
        GenerateStart::Even => Start::Even,
        GenerateStart::Weighted => Start::Weighted,
        GenerateStart::OneNode => Start::OneNode,
    };
    if let Some(text) = &arguments.duration {
        plan.duration = read::time("--duration", text)?;
    }
    set_nodes(&mut plan, arguments)?;
    set_data(&mut plan, arguments)?;
    let most = plan.query_nodes_at_most();
    if most > QUERY_NODES_MAX {
        return Err(wrong(format!(
            "--nodes or --node-class ({}) with --churn and --failures come to {most} query nodes; \
             keep to {QUERY_NODES_MAX}: fewer nodes, or longer times",
            plan.node_count()
        )));
    }
    Ok(plan)
}

/// Which nodes there are, and what becomes of them.
fn set_nodes(plan: &mut Plan, arguments: &GenerateArguments) -> Result<(), Failure> {
    let alike = [("--nodes", arguments.nodes.is_some()), ("--memory", arguments.memory.is_some())];
    if let (Some(class), Some((option, _))) =
        (arguments.node_classes.first(), alike.into_iter().find(|(_, is_given)| *is_given))
    {
        let fault = format!("--node-class {class}: {option} is given too; leave out the one or the other");
        return Err(wrong(fault));
    }
    plan.nodes = arguments.nodes.unwrap_or(plan.nodes);
    if let Some(text) = &arguments.memory {
        plan.memory_bytes = Some(read::size("--memory", text)?);
    }
    plan.node_classes = arguments.node_classes.iter().map(|text| class(text)).collect::<Result<_, _>>()?;
    if let Some(text) = &arguments.churn {
        plan.churn = period("--churn", text)?;
    }
    if let Some(text) = &arguments.failures {
        plan.failures = period("--failures", text)?;
    }
    Ok(())
}

/// How much there is at the start, and what comes in.
fn set_data(plan: &mut Plan, arguments: &GenerateArguments) -> Result<(), Failure> {
    plan.segments = arguments.segments.unwrap_or(plan.segments);
    plan.collections = arguments.collections;
    if plan.collections == Some(0) && plan.segments > 0 {
        return Err(wrong("--collections 0: segments need a collection; give at least 1".to_owned()));
    }
    if let Some(text) = &arguments.rows {
        plan.rows = read_rows(text).map_err(|fault| wrong(format!("--rows {text}: {fault}")))?;
    }
    plan.bytes_per_row = arguments.bytes_per_row.unwrap_or(plan.bytes_per_row);
    if let Some(text) = &arguments.insert {
        plan.insert = rate("--insert", text)?.map_or(Inflow::None, Inflow::RowsPerSecond);
    }
    if let Some(text) = &arguments.search {
        plan.search = rate("--search", text)?;
    }
    Ok(())
}

fn wrong(fault: String) -> Failure {
    Failure::WrongInput(vec![fault])
}

/// `4x64GiB`.
fn class(text: &str) -> Result<NodeClass, Failure> {
    let option = "--node-class";
    let fault = || wrong(format!("{option} {text}: no class of nodes; write COUNTxSIZE, such as 4x64GiB"));
    let (count, size) = text.split_once('x').ok_or_else(fault)?;
    let count = count.parse().ok().filter(|count| *count > 0).ok_or_else(fault)?;
    let memory_bytes = read::size(option, size).map_err(|_| fault())?;
    if memory_bytes == 0 { Err(fault()) } else { Ok(NodeClass { count, memory_bytes }) }
}

/// A time, or `none`; no time at all is `none` as well.
fn period(option: &str, text: &str) -> Result<Option<SimDuration>, Failure> {
    if text == "none" {
        return Ok(None);
    }
    Ok(Some(read::time(option, text)?).filter(|every| *every > SimDuration::ZERO))
}

/// A number a second in steps of a millionth, or `none`.
fn rate(option: &str, text: &str) -> Result<Option<f64>, Failure> {
    if text == "none" {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=RATE_MAX).contains(number));
    let is_too_fine = |number: &f64| (number * 1e6).round() / 1e6 != *number;
    match number {
        Some(number) if !is_too_fine(&number) => Ok(Some(number)),
        _ => Err(wrong(format!(
            "{option} {text}: no number a second; write none, or 0 to {RATE_MAX} with at most six decimals"
        ))),
    }
}
