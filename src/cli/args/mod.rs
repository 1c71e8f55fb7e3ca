//! Every argument, once, with its help: a file a command.

pub mod check;
pub mod compare;
pub mod diff;
pub mod generate;
pub mod import;
pub mod manual;
pub mod run;
pub mod shrink;
pub mod sweep;
pub mod tune;

use clap::builder::RangedU64ValueParser;
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

/// Numbers from 1 on.
fn from_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Simulate scenarios; write results folders; print the reports
    Run(run::RunArguments),
    /// Run scenarios under every combination of releases, balancers and keys; print one table
    Compare(compare::CompareArguments),
    /// Run scenarios as tests: expectations, effects, and figures held against kept ones
    Check(check::CheckArguments),
    /// Show the first event in which two runs differ, and how their figures do
    Diff(diff::DiffArguments),
    /// Cut a scenario with a failing expectation down to a small one that still fails it
    Shrink(shrink::ShrinkArguments),
    /// Run every combination of values of keys under many seeds; table, heat map, Pareto front
    Sweep(sweep::SweepArguments),
    /// Find the best values of keys with few runs; say how sure that is, and what to paste
    Tune(tune::TuneArguments),
    /// Join what the shards of one sweep left
    Merge(sweep::MergeArguments),
    /// Turn dumps of a live cluster into a scenario
    Import(import::ImportArguments),
    /// Make a synthetic scenario, by size or by shape
    Generate(generate::GenerateArguments),
    /// Print the JSON Schema of the scenario file
    Schema,
    /// Print the completion script of a shell
    Completions(manual::CompletionsArguments),
    /// Print the manual page of evenkeel or of one of its commands
    Man(manual::ManArguments),
}

/// Options that change a scenario before it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ScenarioOptions {
    /// Milvus release to simulate instead of the scenario's, such as 2.1.4 or 2.1
    #[arg(long, value_name = "VERSION")]
    pub milvus: Option<String>,
    /// Balance policy: short for --set queryCoord.balancer=NAME; or a policy of your own, exec:PROGRAM
    #[arg(long, value_name = "NAME")]
    pub balancer: Option<String>,
    /// How long the program of --balancer exec:PROGRAM may take for an answer, such as 500ms [default: 10s]
    #[arg(long, value_name = "T")]
    pub exec_timeout: Option<String>,
    /// Milvus configuration, such as a milvus.yaml or user.yaml; of several a later one wins
    #[arg(long, value_name = "FILE")]
    pub milvus_yaml: Vec<PathBuf>,
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

impl ScenarioOptions {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == ScenarioOptions::default()
    }
}
