//! Arguments of `run`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// What to change before.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Results folder; of several scenarios each gets a folder of its own inside
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Write the plots as PNG too
    #[arg(long)]
    pub png: bool,
    /// Leave events.jsonl out
    #[arg(long)]
    pub no_events: bool,
    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// The report, for people.
    Text,
    /// What summary.json says.
    Json,
}
