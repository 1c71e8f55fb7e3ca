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
    /// Run scenarios under every combination of releases, balancers and keys; print one table
    Compare(CompareArguments),
    /// Turn dumps of a live cluster into a scenario
    Import(ImportArguments),
    /// Make a synthetic scenario, by size or by numbers
    Generate(GenerateArguments),
    /// Print the JSON Schema of the scenario file
    Schema,
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
    /// Balance policies: short for --vary queryCoord.balancer=NAME,NAME
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub balancers: Vec<String>,
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
    #[arg(long, value_name = "N")]
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

/// `import`.
#[derive(Debug, Args)]
#[command(after_help = "Dumps understood: a printed list of utility.get_query_segment_info(...), the same as
JSON or Python dicts, a printed list of get_replicas(), and the answer of GetMetrics
{\"metric_type\": \"system_info\"}. Give all that you have at once.

Example:
  evenkeel import segments.txt system_info.json -o mine.json --bytes-per-row 640
  evenkeel run mine.json")]
pub struct ImportArguments {
    /// Dumps, in any order
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the scenario goes; standard output without it
    #[arg(short, long, value_name = "SCENARIO")]
    pub output: Option<PathBuf>,
    /// Release to simulate; without it the one that the dumps state, or else 2.1
    #[arg(long, value_name = "VERSION")]
    pub milvus: Option<String>,
    /// Bytes of one row, for segments whose mem_size the dumps do not state
    #[arg(long, value_name = "BYTES")]
    pub bytes_per_row: Option<u64>,
    /// Memory of query nodes of which the dumps state none, such as 32GiB
    #[arg(long, value_name = "SIZE")]
    pub default_memory: Option<String>,
    /// Name of the scenario; without it that of the file
    #[arg(long)]
    pub name: Option<String>,
    /// Duration of the scenario
    #[arg(long, default_value = "1h", value_name = "T")]
    pub duration: String,
    /// Replace names and ids
    #[arg(long)]
    pub redact: bool,
}

/// `generate`.
#[derive(Debug, Args)]
#[command(after_help = "Sizes (nodes / segments / duration): T 5 / 100 / 1h, S 10 / 1,000 / 24h,
M 100 / 100,000 / 24h, L 1,000 / 1,000,000 / 24h, XL 10,000 / 10,000,000 / 6h. Each collection has 2 shards,
gets one seal_size of rows an hour and one search a second.

Examples:
  evenkeel generate --size S -o s.json
  evenkeel generate --nodes 8 --segments 2000 --start weighted --churn none")]
pub struct GenerateArguments {
    /// A named size; the other numbers change it (without a size: T)
    #[arg(long, value_enum, ignore_case = true)]
    pub size: Option<GenerateSize>,
    /// Query nodes at the start
    #[arg(long, value_name = "N")]
    pub nodes: Option<u64>,
    /// Segments at the start
    #[arg(long, value_name = "N")]
    pub segments: Option<u64>,
    /// Collections; without it one per 1,000 segments
    #[arg(long, value_name = "N")]
    pub collections: Option<u64>,
    /// Duration, such as 90s or 24h
    #[arg(long, value_name = "T")]
    pub duration: Option<String>,
    /// Memory of every node, such as 32GiB; without it the mean rate at the start is 0.6
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// How long until a node joins, then one leaves, and so on, or none; without it 10m
    #[arg(long, value_name = "T|none")]
    pub churn: Option<String>,
    /// Where the segments are at the start
    #[arg(long, value_enum, default_value_t = GenerateStart::Even)]
    pub start: GenerateStart,
    /// Milvus release, such as 2.1.4 or 2.1; without it 2.1.4
    #[arg(long, value_name = "VERSION")]
    pub milvus: Option<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Name of the scenario
    #[arg(long)]
    pub name: Option<String>,
    /// Where the scenario goes; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A named size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum GenerateSize {
    /// Tiny.
    T,
    /// Small.
    S,
    /// Medium.
    M,
    /// Large.
    L,
    /// Extra large.
    Xl,
}

/// Where the segments are at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum GenerateStart {
    /// As the release would load them.
    Even,
    /// Drawn, the first half of the nodes three times as likely.
    Weighted,
    /// All on node 1.
    OneNode,
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// The report, for people.
    Text,
    /// What summary.json says.
    Json,
}
