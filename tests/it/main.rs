//! The integration tests, one binary.

/// Two runs leave the same bytes, and digests are the same in every build.
mod determinism;
/// Every error of `load_balance`, with its exact text.
mod errors;
/// The text report of every scenario file.
mod golden;
/// Captured answers of live clusters become scenarios.
mod import;
/// Broken scenario files: each gives exactly the messages written beside it.
mod invalid_scenarios;
/// Imports look down: the table of rooms.
mod layers;
/// Whatever a scenario file holds, reading it never panics.
mod no_panic;
/// Scenarios written in code, run and kept.
mod runs;
/// The JSON Schema agrees with the reader.
mod schema;
/// Every scenario file run twice, for golden and determinism.
mod shipped;
/// The package's own text files, for layers and tidy.
mod sources;
/// House rules.
mod tidy;
/// Scenario files that are read: ids, defaults, overrides, order.
mod valid_scenarios;
/// 2.2 and later, run end to end.
mod v2_runs;
/// The numeric vectors of the specification hold for the functions that the simulation calls.
mod vectors;
