//! Arguments of `compare`.

use clap::Args;
use std::path::PathBuf;

/// `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Every combination meets the same data, workload and faults.

Examples:
  evenkeel compare my.json --milvus 2.0,2.1
  evenkeel compare my.json --vary queryCoord.memoryUsageMaxDifferencePercentage=10,20,30
  evenkeel compare my.json --balancers RowCountBasedBalancer,ScoreBasedBalancer --format csv")]
pub struct CompareArguments {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Milvus releases to simulate instead of the scenario's
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub milvus: Vec<String>,
    /// Balance policies: short for --vary queryCoord.balancer=NAME,NAME; also policies of your own,
    /// exec:PROGRAM
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub balancers: Vec<String>,
    /// How long a program of exec:PROGRAM may take for an answer, such as 500ms [default: 10s]
    #[arg(long, value_name = "T")]
    pub exec_timeout: Option<String>,
    /// A Milvus key or, beginning with a slash, a scenario field, with the values it takes in turn
    #[arg(long, value_name = "KEY=X,Y")]
    pub vary: Vec<String>,
    /// Milvus configuration for all, such as a milvus.yaml or user.yaml; of several a later one wins
    #[arg(long, value_name = "FILE")]
    pub milvus_yaml: Vec<PathBuf>,
    /// A key or field that is the same for all, as for run
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Seed of everything random, the same for all
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// End here instead of after the scenario's duration, such as 90s or 1h30m
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Results folder [default: out/compare]; of several scenarios each gets a folder of its own inside
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Runs at the same time; without it as many as there are processors
    #[arg(long, value_name = "N", value_parser = super::from_one())]
    pub threads: Option<usize>,
    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub format: CompareFormat,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}

/// What `compare` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CompareFormat {
    /// A table, for people.
    Text,
    /// What comparison.json says.
    Json,
    /// What comparison.csv says.
    Csv,
}
