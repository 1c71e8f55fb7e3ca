//! Arguments of `sweep` and `merge`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `sweep`.
#[derive(Debug, Args)]
#[command(after_help = "Every trial meets the same data, workload and faults as every other of its seed. \
Finished trials are kept as they come: the same call again, or one with more values or seeds, goes on from \
there. Ctrl-C ends with code 130 and loses nothing that was finished.

Examples:
  evenkeel sweep my.json --vary queryCoord.memoryUsageMaxDifferencePercentage=10..50:10 --seeds 10
  evenkeel sweep my.json --vary queryCoord.scoreUnbalanceTolerationFactor=0.01..0.2:0.01 \\
      --vary queryCoord.balancer=RowCountBasedBalancer,ScoreBasedBalancer --seeds 20 -o out/factor
  evenkeel sweep my.json --vary /hardware/load_bandwidth=100MiB/s..400MiB/s:100MiB/s \\
      --figure settle.0.settle_ms --figure service.latency_ms.peak
Every breakpoint of a threshold, or the map of two:
  evenkeel sweep my.json --vary queryCoord.memoryUsageMaxDifferencePercentage=exact:1..60
  evenkeel sweep my.json --vary queryCoord.overloadedMemoryThresholdPercentage=exact:50..95 \\
      --vary queryCoord.memoryUsageMaxDifferencePercentage=exact:1..60 --png
On two machines, then in one place:
  evenkeel sweep my.json --vary KEY=1..9:1 --seeds 100 --shard 1/2 -o out/a
  evenkeel sweep my.json --vary KEY=1..9:1 --seeds 100 --shard 2/2 -o out/b
  evenkeel merge out/a/shard-1-of-2.jsonl out/b/shard-2-of-2.jsonl -o out/all")]
pub struct SweepArguments {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// A Milvus key or, beginning with a slash, a scenario field, with the values it takes in turn: written
    /// out, or from a to b at equal steps, both ends included where a step hits them; or exact:a..b, to find
    /// every value of a Milvus key at which the run becomes another (one key, or two for a map; of one scenario
    /// under one seed, since another seed has breakpoints of its own)
    #[arg(long, value_name = "KEY=X,Y|KEY=A..B:STEP|KEY=exact:A..B")]
    pub vary: Vec<String>,
    /// Seeds of every combination, counted up from --seed or the scenario's own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// A figure by its path in summary.json, instead of the usual ones; the table is sorted by the first
    #[arg(long = "figure", value_name = "PATH")]
    pub figures: Vec<String>,
    /// Two figures, both the less the better, between which the Pareto front is drawn
    #[arg(long, value_name = "A,B", default_value = "skew.mean.max_difference,moves.bytes")]
    pub pareto: String,
    /// Most runs to find the breakpoints of exact:a..b
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_runs: u64,
    /// Run only a part of the trials, for merge: part i of n
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// What is the same for all trials.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Trials at the same time; without it as many as there are processors
    #[arg(long, value_name = "N", value_parser = super::from_one())]
    pub threads: Option<usize>,
    /// What comes out.
    #[command(flatten)]
    pub output: SweepOutput,
}

/// `merge`.
#[derive(Debug, Args)]
#[command(after_help = "The results are, byte for byte, those that one sweep would have left.

Example:
  evenkeel merge out/*/shard-*.jsonl -o out/all")]
pub struct MergeArguments {
    /// Files that the shards of one sweep left
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What comes out.
    #[command(flatten)]
    pub output: SweepOutput,
}

/// What comes out of a sweep.
#[derive(Debug, Args)]
pub struct SweepOutput {
    /// Results folder
    #[arg(short, long, value_name = "DIR", default_value = "out/sweep")]
    pub output: PathBuf,
    /// Write the plots as PNG too
    #[arg(long)]
    pub png: bool,
    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = SweepFormat::Text)]
    pub format: SweepFormat,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}

/// What `sweep` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SweepFormat {
    /// A table, for people.
    Text,
    /// What sweep.json says.
    Json,
    /// What sweep.csv says.
    Csv,
}
