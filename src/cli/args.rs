//! Every argument, once, with its help.

use clap::{Args, Parser};
use std::path::PathBuf;

/// Simulates Milvus query-node load balancing and says why segments moved or did not.
#[derive(Debug, Parser)]
#[command(
    name = "evenkeel",
    version,
    max_term_width = 100,
    after_help = "Examples:
  evenkeel run scenarios/overloaded_node_is_relieved.json
  evenkeel run scenarios/*.json -o out --seed 7
  evenkeel run my.json --set queryCoord.memoryUsageMaxDifferencePercentage=20"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub subcommand: Subcommand,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Simulate scenarios; write results folders; print the reports
    Run(RunArguments),
}

/// Options that change a scenario before it runs.
#[derive(Debug, Args)]
pub struct ScenarioOptions {
    /// Milvus release to simulate instead of the scenario's, such as 2.1.4 or 2.1
    #[arg(long, value_name = "VERSION")]
    pub milvus: Option<String>,
    /// Balance policy: short for --set queryCoord.balancer=NAME
    #[arg(long, value_name = "NAME")]
    pub balancer: Option<String>,
    /// A Milvus key (queryCoord.autoBalance=false) or, beginning with a slash, a scenario field
    /// (/duration=2h); VALUE is JSON, or else text
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// End here instead of after the scenario's duration, such as 90s or 1h30m
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
}

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
