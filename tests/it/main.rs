//! The integration tests, one binary.

/// The program as a user calls it.
mod cli;
/// Two runs leave the same bytes, and digests are the same in every build.
mod determinism;
/// Every error of `load_balance`, with its exact text.
mod errors;
/// Upstream test cases as facts.
mod facts;
/// The text report of every scenario file.
mod golden;
/// Captured answers of live clusters become scenarios.
mod import;
/// Broken scenario files: each gives exactly the messages written beside it.
mod invalid_scenarios;
/// Laws over drawn scenarios.
mod invariants;
/// Imports look down: the table of rooms.
mod layers;
/// What must not change the answer does not.
mod metamorphic;
/// Whatever a scenario file holds, reading it never panics.
mod no_panic;
/// Every quirk of the specification's table.
mod quirks;
/// Every reason code is produced by some run.
mod reasons;
/// Scenarios written in code, run and kept.
mod runs;
/// The JSON Schema agrees with the reader.
mod schema;
/// Every scenario file run twice, for golden and determinism.
mod shipped;
/// The package's own text files, for layers and tidy.
mod sources;
/// Drawn scenarios, for the laws.
mod swarm;
/// House rules.
mod tidy;
/// Scenario files that are read: ids, defaults, overrides, order.
mod valid_scenarios;
/// The numeric vectors of the specification hold for the functions that the simulation calls.
mod vectors;
