//! Arguments of `shrink`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `shrink`.
#[derive(Debug, Args)]
#[command(
    after_help = "Cuts whatever can go while the same expectation still fails in the same way: timeline, nodes, \
collections, segments, counts, duration, keys. Options are written into the result, so that it stands by \
itself; where the expectation holds without them, it still does after every cut. Exit code 2 when nothing \
fails.

Examples:
  evenkeel shrink failing.json -o small.json
  evenkeel shrink my.json --milvus 2.6.20 --expectation 2 -o small.json"
)]
pub struct ShrinkArguments {
    /// A scenario file with an expectation that fails
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// What to change before; written into the result.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Which of the failing expectations, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::from_one())]
    pub expectation: usize,
    /// Scenarios tried at most
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: u64,
    /// Where the result goes; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}
