//! Arguments of `generate`.

use crate::scenario::generate::ROW_BYTES_MAX;
use clap::Args;
use std::path::PathBuf;

/// `generate`.
#[derive(Debug, Args)]
#[command(after_help = "Sizes (nodes / segments / duration): T 5 / 100 / 1h, S 10 / 1,000 / 24h, \
M 100 / 100,000 / 24h, L 1,000 / 1,000,000 / 24h, XL 10,000 / 10,000,000 / 6h. Each collection has 2 shards, \
gets one seal_size of rows an hour and one search a second, and has no failures, unless said otherwise.

Examples:
  evenkeel generate --size S -o s.json
  evenkeel generate --nodes 8 --segments 2000 --start weighted --churn none
  evenkeel generate --node-class 4x64GiB --node-class 8x32GiB --rows pareto:50000,1.5 --failures 20m
  evenkeel generate --rows uniform:1000,50000 --bytes-per-row 2048 --insert none --search 100

Distributions of rows: constant:ROWS, uniform:MIN,MAX, log_normal:MEDIAN,SIGMA, pareto:MIN,ALPHA, \
zipf:MAX,EXPONENT, choice:ROWS*WEIGHT,ROWS*WEIGHT,.. (*1 may be left out). What is likely an accident is told on standard error; the scenario comes all the same.")]
pub struct GenerateArguments {
    /// A named size; the other numbers change it (without a size: T)
    #[arg(long, value_enum, ignore_case = true)]
    pub size: Option<GenerateSize>,
    /// Query nodes at the start
    #[arg(long, value_name = "N")]
    pub nodes: Option<u64>,
    /// Query nodes of one kind, such as 4x64GiB, instead of --nodes and --memory; may be given again, and
    /// nodes that join take turns
    #[arg(long = "node-class", value_name = "COUNTxSIZE")]
    pub node_classes: Vec<String>,
    /// Segments at the start
    #[arg(long, value_name = "N")]
    pub segments: Option<u64>,
    /// Rows of a segment, such as pareto:1000,1.5 (see below); without it log_normal:200000,0.8
    #[arg(long, value_name = "DISTRIBUTION")]
    pub rows: Option<String>,
    /// Bytes of a row; without it 640
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=ROW_BYTES_MAX))]
    pub bytes_per_row: Option<u64>,
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
    /// How long until a drawn node dies, and again; it returns empty 2 minutes later. Without it none dies
    #[arg(long, value_name = "T|none")]
    pub failures: Option<String>,
    /// Rows a second that come into every collection, or none; without it one seal_size an hour
    #[arg(long, value_name = "ROWS_PER_SECOND|none")]
    pub insert: Option<String>,
    /// Searches a second of every collection, or none; without it 1
    #[arg(long, value_name = "QUERIES_PER_SECOND|none")]
    pub search: Option<String>,
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
