//! Arguments of `import`.

use clap::Args;
use std::path::PathBuf;

/// `import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Dumps understood: a printed list of utility.get_query_segment_info(...), the same as \
JSON or Python dicts, a printed list of get_replicas(), and the answer of GetMetrics \
{\"metric_type\": \"system_info\"}. Give all that you have at once.

Example:
  evenkeel import segments.txt system_info.json -o mine.json --bytes-per-row 640
  evenkeel run mine.json"
)]
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
