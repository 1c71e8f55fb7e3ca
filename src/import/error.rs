//! Why an import could not be made: which source, where in it, what is wrong and what would be right.

use thiserror::Error;

/// A dump that cannot become a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The text is none of the forms that are read.
    #[error(
        "{file}: none of the known forms; known are: a printed get_query_segment_info list (segmentID: ...), \
         the same as JSON or Python dicts, a get_replicas answer (printed or JSON), and a GetMetrics \
         system_info answer (nodes_info or connected_nodes with hardware_infos)"
    )]
    UnknownForm {
        /// The source.
        file: String,
    },
    /// The text looks like JSON and is not.
    #[error(
        "{file}:{line}:{column}: broken JSON: {problem}; expected the whole answer, from its first bracket to its last"
    )]
    BrokenJson {
        /// The source.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the JSON reader says.
        problem: String,
    },
    /// A field that should hold a number holds something else.
    #[error("{file}: {at}: {field} is {value}: {problem}")]
    BadNumber {
        /// The source.
        file: String,
        /// Line or JSON path.
        at: String,
        /// The field's name.
        field: String,
        /// What it holds, shortened.
        value: String,
        /// What is wrong and what would be right.
        problem: &'static str,
    },
    /// Nothing to simulate was in the sources.
    #[error(
        "no sealed segment and no query node in {files}; expected a get_query_segment_info list of a loaded \
         collection, or a system_info answer that lists query nodes"
    )]
    Nothing {
        /// The sources.
        files: String,
    },
    /// No bytes are known for segments of a collection.
    #[error(
        "collection {collection}: {segments} segments have no mem_size (0 or missing; 2.2 and later never fill it), \
         and none of the collection has one to go by; give the bytes of one row with --bytes-per-row, \
         about 4 x dimension + scalar fields"
    )]
    NoBytes {
        /// The collection's name.
        collection: String,
        /// How many segments.
        segments: usize,
    },
    /// Rows times bytes per row is no 64-bit number of bytes.
    #[error(
        "segment {segment}: {rows} rows of {bytes_per_row} bytes are more than 64 bits can count; check both numbers"
    )]
    TooLarge {
        /// The segment.
        segment: u64,
        /// Its rows.
        rows: u64,
        /// Bytes of a row.
        bytes_per_row: u64,
    },
    /// Query nodes of which no source states the memory.
    #[error(
        "no memory is stated for query nodes {nodes}; add a GetMetrics system_info answer to the files, \
         or give the memory of such nodes with --default-memory"
    )]
    NoMemory {
        /// The nodes' ids.
        nodes: String,
    },
    /// The placement cannot be split into replicas.
    #[error(
        "collection {collection}: its segments are on {copies} query nodes each, and the nodes cannot be split \
         into {copies} replicas that hold every segment once; add the answer of get_replicas to the files"
    )]
    NoGrouping {
        /// The collection's name.
        collection: String,
        /// Copies of a segment.
        copies: usize,
    },
    /// The scenario's name would be refused.
    #[error(
        "the scenario name {name:?} is not allowed; allowed are a-z, 0-9, _ . and -, at most 100, the first a letter or digit"
    )]
    BadName {
        /// The name asked for.
        name: String,
    },
}
