//! Arguments of `check`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `check`.
#[derive(Debug, Args)]
#[command(
    after_help = "The baseline of DIR/x.json is DIR/baselines/x.json: figures under 20 seeds. A figure \
that is worse than chance explains fails; a change of tie order does not. An entry of a timeline that changes \
nothing fails, unless it says \"may_have_no_effect\": true. Expectations are judged under the scenario's own \
seed; --seed N compares the figures of the seeds from N on instead. Exit code 1 when something does not hold.

Examples:
  evenkeel check
  evenkeel check my_scenarios --bless
  evenkeel check --balancer RowCountBasedBalancer --summary summary.md --junit junit.xml"
)]
pub struct CheckArguments {
    /// Scenario files, or folders of them (their *.json in name order, not their sub-folders)
    #[arg(default_value = "scenarios", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What to change before.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Keep the figures of this run as baselines, and show what changes
    #[arg(long)]
    pub bless: bool,
    /// Seeds to run: the scenario's and the following ones; without it as many as were kept
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub seeds: Option<u32>,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a summary as Markdown too, such as for a pull request
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Runs at the same time; without it as many as there are processors
    #[arg(long, value_name = "N", value_parser = super::from_one())]
    pub threads: Option<usize>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Print nothing but faults of the call
    #[arg(long)]
    pub quiet: bool,
}

/// What `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFormat {
    /// One line a scenario, and what does not hold.
    Text,
    /// The same for programs.
    Json,
    /// What --summary writes.
    Markdown,
}
