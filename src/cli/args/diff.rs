//! Arguments of `diff`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "A and B are scenario files or results folders of run. Without B, A is compared with itself \
under the --b options. Exit code 1 when the runs differ, 0 when they are the same.

Examples:
  evenkeel diff my.json --b-milvus 2.6.20
  evenkeel diff my.json --b-set queryCoord.memoryUsageMaxDifferencePercentage=20
  evenkeel diff before.json after.json --seed 7
  evenkeel diff out/monday out/tuesday"
)]
pub struct DiffArguments {
    /// A scenario file, or a results folder
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// What A is compared with; without it A itself
    #[arg(value_name = "B")]
    pub second: Option<PathBuf>,
    /// What to change in both before.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Milvus release of B alone
    #[arg(long, value_name = "VERSION")]
    pub b_milvus: Option<String>,
    /// Balance policy of B alone
    #[arg(long, value_name = "NAME")]
    pub b_balancer: Option<String>,
    /// A key or field of B alone, as for --set
    #[arg(long = "b-set", value_name = "KEY=VALUE")]
    pub b_settings: Vec<String>,
    /// Seed of B alone
    #[arg(long, value_name = "N")]
    pub b_seed: Option<u64>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}

/// What `diff` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Text,
    /// The same for programs.
    Json,
}
