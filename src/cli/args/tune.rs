//! Arguments of `tune`.

use super::ScenarioOptions;
use clap::Args;
use std::path::PathBuf;

/// `tune`.
#[derive(Debug, Args)]
#[command(
    after_help = "EXPR is arithmetic over figures by their path in summary.json: + - * / ( ) min(..) max(..). \
A run stands for all values of a threshold with which none of its comparisons would come out otherwise, and is \
never made twice. All settings meet the same seeds, and what falls behind is given up early. Finished runs are \
kept as they come: the same call again goes on from there.

Examples:
  evenkeel tune my.json --vary queryCoord.memoryUsageMaxDifferencePercentage=1..50:1 \\
      --minimize 'skew.mean.max_difference + moves.bytes / 1e12'
  evenkeel tune my.json --vary queryCoord.overloadedMemoryThresholdPercentage=46..95:1 \\
      --vary queryCoord.memoryUsageMaxDifferencePercentage=1..50:1 \\
      --minimize moves.bytes --subject-to 'skew.end.max_difference <= 0.1' --seeds 5
  evenkeel tune normal.json peak.json --case worst \\
      --vary queryCoord.scoreUnbalanceTolerationFactor=0..0.5:0.01 \\
      --minimize 'max(skew.peak.max_difference, 10 * moves.net_zero_ratio)' --confidence 0.99"
)]
pub struct TuneArguments {
    /// Scenario files; of several every setting is run with all
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// A Milvus key or, beginning with a slash, a scenario field, with the values among which the best is looked
    /// for: written out, or from a to b at equal steps
    #[arg(long, required = true, value_name = "KEY=X,Y|KEY=A..B:STEP")]
    pub vary: Vec<String>,
    /// What shall be as small as can be; where it is undefined nothing is worse
    #[arg(long, value_name = "EXPR")]
    pub minimize: String,
    /// What must hold in every run, such as 'moves.bytes <= 1e9'
    #[arg(long, value_name = "COND")]
    pub subject_to: Vec<String>,
    /// How several scenarios make one value
    #[arg(long, value_enum, default_value_t = CaseArgument::Worst)]
    pub case: CaseArgument,
    /// Most seeds of a setting, counted up from --seed or the scenario's own
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// How sure it has to be that a setting is worse than another
    #[arg(long, value_name = "P", default_value_t = 0.95)]
    pub confidence: f64,
    /// Most runs of the search [default: a twentieth of every setting with every seed, at least 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_runs: Option<u64>,
    /// What is the same for all runs.
    #[command(flatten)]
    pub scenario_options: ScenarioOptions,
    /// Runs at the same time; without it as many as there are processors
    #[arg(long, value_name = "N", value_parser = super::from_one())]
    pub threads: Option<usize>,
    /// Results folder
    #[arg(short, long, value_name = "DIR", default_value = "out/tune")]
    pub output: PathBuf,
    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = TuneFormat::Text)]
    pub format: TuneFormat,
    /// Print nothing but faults
    #[arg(long)]
    pub quiet: bool,
}

/// How several scenarios make one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CaseArgument {
    /// The greatest of them counts.
    Worst,
    /// Their mean counts.
    Mean,
}

/// What `tune` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TuneFormat {
    /// The verdict, for people.
    Text,
    /// What tune.json says.
    Json,
    /// The milvus.yaml to paste.
    Yaml,
}
